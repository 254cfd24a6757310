//! A model of a dtype that knows no NumPy and no npbytes: enough to lay out elements, to write
//! the Python expression that makes the dtype, and to write its `descr`.
//!
//! Both sides are told what a case is by this model, so an error in it shows as a difference
//! between NumPy's answer and the model, not as two sides that agree by accident.

use std::fmt::Write as _;

use crate::matrix::values;

/// A dtype as the matrix describes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// A number, a text, a date: anything with a type string of its own.
    Scalar(Scalar),
    /// Named fields at stated offsets.
    Struct(Struct),
    /// A fixed-shape block of another type, as a field holds it.
    Subarray(Box<Type>, Vec<usize>),
}

/// A type string taken apart: `>M8[25s]` is order `>`, kind `M`, size 8, unit `25s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// `<`, `>` or `|`.
    pub order: char,
    /// NumPy's kind letter, one of `biufcSUVMm`.
    pub kind: char,
    /// Bytes of one item.
    pub itemsize: usize,
    /// Datetime unit with its multiplier; `None` for generic and for every other kind.
    pub unit: Option<&'static str>,
}

/// Fields, the size of the whole, and whether NumPy is asked for `align=True`.
#[derive(Clone, Debug, PartialEq)]
pub struct Struct {
    /// In `names` order, which need not be the order of the offsets.
    pub fields: Vec<Field>,
    /// Bytes of one element, trailing padding included.
    pub itemsize: usize,
    /// Ask for the aligned flag. It does not move anything: the offsets here are final.
    pub aligned: bool,
}

/// One field. Names and titles are bodies of single-quoted Python literals (`it\'s`, `\u03bb`), so
/// that they go into scripts and descr texts unchanged, lone surrogates included.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Body of the literal of the name.
    pub name: String,
    /// Body of the literal of the title.
    pub title: Option<String>,
    /// What the field holds.
    pub ty: Type,
    /// Bytes from the start of the element.
    pub offset: usize,
}

/// A scalar inside a type: where it is and which values NumPy lists for it.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// Field positions (in `names` order) from the outermost struct inwards.
    pub path: Vec<usize>,
    /// What is there.
    pub scalar: &'a Scalar,
}

/// A scalar from its type string. Panics on a string the model does not know: the matrix is a
/// constant of this crate, not input.
pub fn scalar(code: &'static str) -> Type {
    let (order, rest) = match code.as_bytes()[0] {
        order @ (b'<' | b'>' | b'|') => (char::from(order), &code[1..]),
        _ => panic!("{code}: the matrix states every byte order"),
    };
    let kind = char::from(rest.as_bytes()[0]);
    let (digits, unit) = match rest[1..].split_once('[') {
        Some((digits, unit)) => (digits, Some(&unit[..unit.len() - 1])),
        None => (&rest[1..], None),
    };
    let size: usize = digits.parse().unwrap_or_else(|_| panic!("{code}: no size"));
    let itemsize = if kind == 'U' { 4 * size } else { size };
    Type::Scalar(Scalar { order, kind, itemsize, unit })
}

/// Fields one after another without gaps.
pub fn packed(fields: Vec<(&str, Type)>) -> Type {
    let mut end = 0;
    let fields = fields
        .into_iter()
        .map(|(name, ty)| {
            let offset = end;
            end += ty.itemsize();
            Field { name: name.to_owned(), title: None, ty, offset }
        })
        .collect();
    Type::Struct(Struct { fields, itemsize: end, aligned: false })
}

/// Fields as a C compiler would place them, the aligned flag set.
pub fn aligned(fields: Vec<(&str, Type)>) -> Type {
    let (mut end, mut widest) = (0usize, 1usize);
    let fields = fields
        .into_iter()
        .map(|(name, ty)| {
            let alignment = ty.alignment();
            widest = widest.max(alignment);
            let offset = end.next_multiple_of(alignment);
            end = offset + ty.itemsize();
            Field { name: name.to_owned(), title: None, ty, offset }
        })
        .collect();
    Type::Struct(Struct { fields, itemsize: end.next_multiple_of(widest), aligned: true })
}

/// Fields at stated offsets in an element of a stated size.
pub fn placed(fields: Vec<(&str, Type, usize)>, itemsize: usize) -> Type {
    let fields = fields
        .into_iter()
        .map(|(name, ty, offset)| Field { name: name.to_owned(), title: None, ty, offset })
        .collect();
    Type::Struct(Struct { fields, itemsize, aligned: false })
}

/// A block of `ty`.
pub fn subarray(ty: Type, shape: &[usize]) -> Type {
    Type::Subarray(Box::new(ty), shape.to_vec())
}

impl Type {
    /// Gives fields titles, in order; an empty text gives none.
    pub fn titled(mut self, titles: &[&str]) -> Type {
        if let Type::Struct(this) = &mut self {
            for (field, title) in this.fields.iter_mut().zip(titles) {
                field.title = (!title.is_empty()).then(|| (*title).to_owned());
            }
        }
        self
    }

    /// The same type with every number in one byte order, as `newbyteorder` makes it.
    pub fn in_order(&self, order: char) -> Type {
        match self {
            Type::Scalar(this) if this.order == '|' => self.clone(),
            Type::Scalar(this) => Type::Scalar(Scalar { order, ..this.clone() }),
            Type::Subarray(base, shape) => {
                Type::Subarray(Box::new(base.in_order(order)), shape.clone())
            }
            Type::Struct(this) => {
                let moved = |field: &Field| Field { ty: field.ty.in_order(order), ..field.clone() };
                let fields = this.fields.iter().map(moved).collect();
                Type::Struct(Struct { fields, ..this.clone() })
            }
        }
    }

    /// Bytes of one element.
    pub fn itemsize(&self) -> usize {
        match self {
            Type::Scalar(this) => this.itemsize,
            Type::Struct(this) => this.itemsize,
            Type::Subarray(base, shape) => base.itemsize() * shape.iter().product::<usize>(),
        }
    }

    /// NumPy's alignment on the 64-bit platforms this harness knows.
    pub fn alignment(&self) -> usize {
        match self {
            Type::Scalar(this) => match this.kind {
                'S' | 'V' | 'b' => 1,
                'U' => 4,
                'c' => this.itemsize / 2,
                _ => this.itemsize,
            },
            Type::Struct(this) if this.aligned => {
                this.fields.iter().map(|field| field.ty.alignment()).max().unwrap_or(1)
            }
            Type::Struct(_) => 1,
            Type::Subarray(base, _) => base.alignment(),
        }
    }

    /// The Python expression that makes the dtype.
    pub fn python(&self) -> String {
        match self {
            Type::Scalar(this) => format!("np.dtype('{}')", this.typestr()),
            Type::Subarray(base, shape) => {
                format!("np.dtype(({}, {}))", base.python(), tuple(shape))
            }
            Type::Struct(this) => {
                let column = |part: &dyn Fn(&Field) -> String| {
                    this.fields.iter().map(part).collect::<Vec<_>>().join(", ")
                };
                let mut text = format!(
                    "np.dtype({{'names': [{}], 'formats': [{}], 'offsets': [{}], ",
                    column(&|field| format!("'{}'", field.name)),
                    column(&|field| match &field.ty {
                        Type::Scalar(this) => format!("'{}'", this.typestr()),
                        other => other.python(),
                    }),
                    column(&|field| field.offset.to_string()),
                );
                if this.fields.iter().any(|field| field.title.is_some()) {
                    let titles = column(&|field| {
                        field.title.as_ref().map_or("None".to_owned(), |title| format!("'{title}'"))
                    });
                    let _ = write!(text, "'titles': [{titles}], ");
                }
                let align = if this.aligned { ", align=True" } else { "" };
                let _ = write!(text, "'itemsize': {}}}{align})", this.itemsize);
                text
            }
        }
    }

    /// The text that stands for this dtype in a `.npy` header, without the quotes around a plain
    /// type string; `None` where NumPy has none (overlapping fields, fields out of order).
    pub fn descr(&self) -> Option<String> {
        match self {
            Type::Scalar(this) => Some(this.typestr()),
            Type::Subarray(..) => self.descr_item(),
            Type::Struct(this) => {
                let (mut items, mut end) = (Vec::new(), 0);
                for field in &this.fields {
                    let gap = field.offset.checked_sub(end)?;
                    if gap > 0 {
                        items.push(format!("('', '|V{gap}')"));
                    }
                    end = field.offset + field.ty.itemsize();
                    let name = match &field.title {
                        Some(title) => format!("('{title}', '{}')", field.name),
                        None => format!("'{}'", field.name),
                    };
                    items.push(match &field.ty {
                        Type::Subarray(base, shape) => {
                            format!("({name}, {}, {})", base.descr_item()?, tuple(shape))
                        }
                        other => format!("({name}, {})", other.descr_item()?),
                    });
                }
                let gap = this.itemsize.checked_sub(end)?;
                if gap > 0 {
                    items.push(format!("('', '|V{gap}')"));
                }
                Some(format!("[{}]", items.join(", ")))
            }
        }
    }

    /// The descr as it stands inside a field item, where a type string is quoted.
    fn descr_item(&self) -> Option<String> {
        match self {
            Type::Scalar(this) => Some(format!("'{}'", this.typestr())),
            Type::Struct(_) => self.descr(),
            Type::Subarray(base, shape) => {
                Some(format!("({}, {})", base.descr_item()?, tuple(shape)))
            }
        }
    }

    /// Every scalar, depth first, blocks not unrolled.
    pub fn leaves(&self) -> Vec<Leaf<'_>> {
        fn walk<'a>(ty: &'a Type, path: &mut Vec<usize>, found: &mut Vec<Leaf<'a>>) {
            match ty {
                Type::Scalar(scalar) => found.push(Leaf { path: path.clone(), scalar }),
                Type::Subarray(base, _) => walk(base, path, found),
                Type::Struct(this) => {
                    for (position, field) in this.fields.iter().enumerate() {
                        path.push(position);
                        walk(&field.ty, path, found);
                        path.pop();
                    }
                }
            }
        }
        let mut found = Vec::new();
        walk(self, &mut Vec::new(), &mut found);
        found
    }

    /// Writes the `k`th element of the pattern over `out`, padding left as it is.
    pub fn fill(&self, k: usize, out: &mut [u8]) {
        self.fill_from(k, &mut 0, out);
    }

    fn fill_from(&self, k: usize, leaf: &mut usize, out: &mut [u8]) {
        match self {
            Type::Scalar(this) => {
                out.copy_from_slice(&values::element(this, k + 5 * *leaf));
                *leaf += 1;
            }
            Type::Struct(this) => {
                for field in &this.fields {
                    let end = field.offset + field.ty.itemsize();
                    field.ty.fill_from(k, leaf, &mut out[field.offset..end]);
                }
            }
            Type::Subarray(base, shape) => {
                let size = base.itemsize();
                for item in 0..shape.iter().product() {
                    base.fill_from(k, leaf, &mut out[item * size..(item + 1) * size]);
                }
            }
        }
    }

    /// One entry a byte of an element: does the byte belong to a field? Bytes that belong to none
    /// are padding, which NumPy leaves to chance when it copies element by element.
    pub fn used_bytes(&self) -> Vec<bool> {
        let mut used = vec![false; self.itemsize()];
        self.mark_used(&mut used);
        used
    }

    fn mark_used(&self, used: &mut [bool]) {
        match self {
            Type::Scalar(_) => used.fill(true),
            Type::Struct(this) => {
                for field in &this.fields {
                    let end = field.offset + field.ty.itemsize();
                    field.ty.mark_used(&mut used[field.offset..end]);
                }
            }
            Type::Subarray(base, _) if base.itemsize() > 0 => {
                used.chunks_mut(base.itemsize()).for_each(|item| base.mark_used(item));
            }
            Type::Subarray(..) => {}
        }
    }

    /// Does any part need the x87 long double that NumPy has on x86 only?
    pub fn has_long_double(&self) -> bool {
        self.leaves()
            .iter()
            .any(|leaf| matches!((leaf.scalar.kind, leaf.scalar.itemsize), ('f', 16) | ('c', 32)))
    }
}

impl Scalar {
    /// NumPy's `dtype.str`.
    pub fn typestr(&self) -> String {
        let size = if self.kind == 'U' { self.itemsize / 4 } else { self.itemsize };
        let unit = self.unit.map_or(String::new(), |unit| format!("[{unit}]"));
        format!("{}{}{size}{unit}", self.order, self.kind)
    }
}

/// Python's text of a tuple of sizes.
pub fn tuple(sizes: &[usize]) -> String {
    match sizes {
        [one] => format!("({one},)"),
        many => {
            let parts: Vec<String> = many.iter().map(usize::to_string).collect();
            format!("({})", parts.join(", "))
        }
    }
}
