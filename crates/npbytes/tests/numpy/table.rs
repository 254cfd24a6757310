//! Reads the tables that `data/make.py` recorded.

/// The recorded table of one NumPy.
macro_rules! table {
    ($name:literal, $numpy:literal) => {
        $crate::table::Table::new(
            $name,
            include_str!(concat!("../data/numpy/", $name, "-", $numpy, ".tsv")),
        )
    };
}

pub(crate) use table;

pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Vec<&'static str>>,
}

impl Table {
    pub(crate) fn new(name: &'static str, text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with("# NumPy "));
        Self { name, rows: lines.map(|line| line.split('\t').collect()).collect() }
    }

    /// The table of another NumPy: this one's rows, replaced by those that differ, which the first
    /// `key` columns tell apart.
    pub(crate) fn replaced_by(mut self, differing: Self, key: usize) -> Self {
        for row in differing.rows {
            let own = self.rows.iter_mut().find(|known| known[..key] == row[..key]);
            *own.expect("a row of the newest NumPy too") = row;
        }
        self
    }

    /// Calls `check` for each row; a row fails by returning what is wrong with it.
    #[track_caller]
    pub(crate) fn check(&self, check: impl Fn(&[&'static str]) -> Result<(), String>) {
        assert!(!self.rows.is_empty());
        let wrong = self.rows.iter().filter_map(|row| {
            let message = check(row).err()?;
            Some(format!("{}\n    {message}", row.join(" | ")))
        });
        report(self.name, self.rows.len(), wrong.collect());
    }
}

/// Fails with all that went wrong.
#[track_caller]
pub(crate) fn report(what: &str, cases: usize, wrong: Vec<String>) {
    assert!(
        wrong.is_empty(),
        "{what}: {} of {cases} cases fail:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// `expected` and `found` as they differ.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, NumPy has {expected:?}"))
}

/// Undoes Python's `unicode_escape`; the code points, as there may be surrogates among them.
pub(crate) fn code_points(field: &str) -> Vec<u32> {
    let mut out = Vec::new();
    let mut rest = field.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c.into());
            continue;
        }
        let digits = match rest.next() {
            Some('\\') => {
                out.push('\\'.into());
                continue;
            }
            Some('n') => {
                out.push('\n'.into());
                continue;
            }
            Some('r') => {
                out.push('\r'.into());
                continue;
            }
            Some('t') => {
                out.push('\t'.into());
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            other => panic!("an unknown escape {other:?} in {field}"),
        };
        let digits: String = rest.by_ref().take(digits).collect();
        out.push(u32::from_str_radix(&digits, 16).unwrap());
    }
    out
}

/// The text of a field without surrogates.
pub(crate) fn text(field: &str) -> String {
    code_points(field).into_iter().map(|point| char::from_u32(point).unwrap()).collect()
}

/// The bytes of a field whose characters stand for one byte each.
pub(crate) fn latin1(field: &str) -> Vec<u8> {
    code_points(field).into_iter().map(|point| u8::try_from(point).unwrap()).collect()
}

/// The bytes of a hexadecimal field.
pub(crate) fn hex(field: &str) -> Vec<u8> {
    let digits = (0..field.len()).step_by(2);
    digits.map(|at| u8::from_str_radix(&field[at..at + 2], 16).unwrap()).collect()
}

/// Numbers between commas; none in an empty field.
pub(crate) fn numbers<T: std::str::FromStr<Err: std::fmt::Debug>>(field: &str) -> Vec<T> {
    field.split(',').filter(|part| !part.is_empty()).map(|part| part.parse().unwrap()).collect()
}
