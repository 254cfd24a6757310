//! `a[...]` with integers, slices, ellipses and new axes.

use npbytes::{Array, Slice};

use crate::table::{numbers, same, table};

#[test]
fn slices_are_numpys() {
    table!("slice", "2.4.6").check(|row| {
        let shape: Vec<usize> = numbers(row[0]);
        let count = shape.iter().product::<usize>();
        let base = Array::from_vec(&shape, (0..i16::try_from(count).unwrap()).collect()).unwrap();
        let slice = row[1].parse::<Slice>();
        let part = slice.and_then(|slice| base.view().slice(&slice).map(|part| (slice, part)));
        match (part, &row[2..]) {
            (Ok((slice, part)), ["ok", shape, values]) => {
                same("shape", &part.shape().to_vec(), &numbers(shape))?;
                let values: Vec<i16> = numbers(values);
                same("values", &part.to_vec::<i16>().unwrap(), &values)?;
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
                let found: Vec<u8> = part.elements().flatten().copied().collect();
                same("elements", &found, &bytes)?;
                same("elements left", &part.elements().len(), &values.len())?;
                // Slicing the slice with nothing changes nothing.
                let again = part.slice(&Slice::default()).unwrap();
                same("again", &again.to_vec::<i16>().unwrap(), &values)?;
                let bracketed: Slice = format!(" [{}] ", row[1]).parse().unwrap();
                same("bracketed", &bracketed, &slice)
            }
            (Err(error), ["ok", ..]) => Err(format!("refused: {error}")),
            (Ok((_, part)), _) => Err(format!("NumPy refuses it, found {part:?}")),
            (Err(_), _) => Ok(()),
        }
    });
}

/// A part that is wrong is pointed at; an index outside of its axis is not a matter of the text.
#[test]
fn errors_point_at_the_part() {
    let cases = [
        ("x", 0),
        ("0,x", 2),
        ("0, :, 1.5", 5),
        ("[0, x]", 3),
        ("[0", 2),
        ("0,,1", 2),
        (",", 0),
        ("::0", 0),
        ("0, 1:2:3:4", 2),
        ("9223372036854775808", 0),
    ];
    for (source, offset) in cases {
        let error = source.parse::<Slice>().unwrap_err();
        assert_eq!(error.offset(), Some(offset), "{source}: {error}");
    }
    let array = Array::from_vec(&[2, 3], vec![0_u8; 6]).unwrap();
    // IndexError texts of NumPy.
    let cases = [
        ("2", "index 2 is out of bounds for axis 0 with size 2"),
        ("0, -4", "index -4 is out of bounds for axis 1 with size 3"),
        ("0,0,0", "too many indices for array: array is 2-dimensional, but 3 were indexed"),
        ("...,...", "an index can only have a single ellipsis ('...')"),
    ];
    for (source, message) in cases {
        let error = source.parse::<Slice>().and_then(|s| array.view().slice(&s)).unwrap_err();
        assert!(error.to_string().contains(message), "{source}: {error}");
    }
}

/// np.zeros((1,)*63)[None, None] is an IndexError: 65 axes.
#[test]
fn new_axes_stop_at_64() {
    let array = Array::from_vec(&[1; 63], vec![0_u8]).unwrap();
    let one: Slice = "None".parse().unwrap();
    let part = array.view().slice(&one).unwrap();
    assert_eq!(part.ndim(), 64);
    assert!(part.slice(&one).is_err());
}
