//! `--tables-from`: which of the three forms a file has, and reading it.

use std::io::Read;
use std::path::Path;

use super::{Manifest, Request, filter_file, list_file};
use crate::error::{Code, Error, Result};

/// No list of tables is larger; what is larger is another file by mistake.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The form of a `--tables-from` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TablesFormat {
    /// A TOML manifest.
    Toml,
    /// pg_dump's `--filter` grammar.
    Filter,
    /// One table or pattern per line.
    List,
}

impl TablesFormat {
    /// The form of a file by its name and its first word.
    pub fn of(file: &Path, text: &str) -> TablesFormat {
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
            TablesFormat::Toml
        } else if filter_file::looks_like(text) {
            TablesFormat::Filter
        } else {
            TablesFormat::List
        }
    }
}

impl Request {
    /// Adds what a `--tables-from` file asks; `-` is standard input. Without a `format` the file's
    /// name and first word decide.
    ///
    /// # Errors
    /// [`Code::Manifest`]: unreadable, malformed (with line and column); [`Code::Usage`]: a
    /// manifest next to patterns of the command line.
    pub fn add_tables_from(&mut self, file: &Path, format: Option<TablesFormat>) -> Result<()> {
        let name =
            if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() };
        let text = read(file, &name)?;
        let text = text.trim_start_matches('\u{feff}');
        match format.unwrap_or_else(|| TablesFormat::of(file, text)) {
            TablesFormat::Toml => self.set_manifest(Manifest::parse(&name, text)?),
            TablesFormat::Filter => filter_file::parse(&name, text, self),
            TablesFormat::List => self.set_manifest(list_file::parse(&name, text)?),
        }
    }

    fn set_manifest(&mut self, manifest: Manifest) -> Result<()> {
        if self.manifest.is_some() {
            return Err(Error::new(Code::Usage, "only one manifest or table list can be given")
                .hint("put all tables into one file"));
        }
        self.manifest = Some(manifest);
        Ok(())
    }
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn read(file: &Path, name: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let failed = |error: std::io::Error| {
        Error::new(Code::Manifest, "the table list cannot be read")
            .object(name)
            .source(error)
            .hint("check that the file exists and can be read")
    };
    if is_stdin(file) {
        std::io::stdin().take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let opened = std::fs::File::open(file).map_err(failed)?;
        opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Error::new(Code::Manifest, "the table list is larger than 64 MiB").object(name));
    }
    String::from_utf8(bytes).map_err(|error| not_text(name, &error))
}

/// Says where the text stops being text.
fn not_text(name: &str, error: &std::string::FromUtf8Error) -> Error {
    let valid = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(&error.as_bytes()[..valid]);
    super::Place::of_offset(&name.into(), &text, valid).error("the table list is not UTF-8 text")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(suffix: &str, content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[test]
    fn name_and_first_word_tell_the_form() {
        let of = |name: &str, text: &str| TablesFormat::of(Path::new(name), text);
        assert_eq!(of("a.toml", "include table x"), TablesFormat::Toml);
        assert_eq!(of("a.txt", "include table x"), TablesFormat::Filter);
        assert_eq!(of("-", "parcels\n"), TablesFormat::List);
        assert_eq!(of("a", ""), TablesFormat::List);
    }

    #[test]
    fn a_file_is_read_in_the_form_asked_for() {
        let listed = file(".txt", "\u{feff}parcels\n".as_bytes());
        let mut request = Request::default();
        request.add_tables_from(listed.path(), None).unwrap();
        assert_eq!(request.manifest.as_ref().unwrap().tables[0].pattern.text, "parcels");
        let again = request.add_tables_from(listed.path(), None).unwrap_err();
        assert_eq!(again.code(), Code::Usage);
        let as_toml = Request::default().add_tables_from(listed.path(), Some(TablesFormat::Toml));
        assert_eq!(as_toml.unwrap_err().code(), Code::Manifest);
    }

    #[test]
    fn a_missing_file_and_one_that_is_not_text_are_refused() {
        let mut request = Request::default();
        let missing = request.add_tables_from(Path::new("/nonexistent/list"), None).unwrap_err();
        assert_eq!(missing.code(), Code::Manifest);
        let binary = file(".txt", b"ab\n\xff\xfe");
        let error = request.add_tables_from(binary.path(), None).unwrap_err();
        assert!(error.to_string().contains("line 2, column 1"), "{error}");
    }
}
