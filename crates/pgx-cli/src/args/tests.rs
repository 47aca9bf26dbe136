use super::*;

fn parse_words(words: &str) -> Result<Parsed> {
    parse(words.split(' ').map(OsString::from))
}

/// Every command, subcommands included, with its path.
fn commands() -> Vec<(String, clap::Command)> {
    let mut root = command();
    root.build();
    let mut all = Vec::new();
    let mut left = vec![("pgx".to_owned(), root)];
    while let Some((path, command)) = left.pop() {
        for child in command.get_subcommands() {
            left.push((format!("{path} {}", child.get_name()), child.clone()));
        }
        all.push((path, command));
    }
    all
}

#[test]
fn the_description_holds_together() {
    command().debug_assert();
}

#[test]
fn every_option_and_command_has_help() {
    for (path, command) in commands() {
        assert!(command.get_about().is_some(), "{path}");
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{path} {}", argument.get_id());
            assert!(!help.ends_with('.'), "{path} {}", argument.get_id());
        }
    }
}

#[test]
fn every_command_shows_examples_that_parse() {
    for (path, command) in commands().into_iter().filter(|(path, _)| path != "pgx") {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("  pgx ")).collect();
        assert!(!examples.is_empty(), "{path}");
        for example in examples {
            // What stands right of two spaces is a remark, what stands behind a bar another program.
            let words = example.split("  ").next().and_then(|words| words.split(" | ").next());
            let words = words.unwrap().replace('\'', "");
            let parsed = parse_words(&format!("pgx {words}"));
            assert!(matches!(parsed, Ok(Parsed::Run(_))), "{example}: {parsed:?}");
        }
    }
}

#[test]
fn h_is_the_host_and_help_is_long() {
    let Ok(Parsed::Run(cli)) = parse_words("pgx dump -h db -p 1 -U ann -d shop -t a -t b -v")
    else {
        panic!("did not parse");
    };
    let Command::Dump(args) = cli.command else { panic!("another command") };
    assert_eq!(args.connection.overrides().host.as_deref(), Some("db"));
    assert_eq!(args.selection.tables, ["a", "b"]);
    assert!(cli.talk.verbose);
    for nothing in ["pgx", "pgx manifest"] {
        assert!(matches!(parse_words(nothing), Ok(Parsed::Nothing(_))), "{nothing}");
    }
    for help in ["pgx --help", "pgx dump --help", "pgx manifest init -?", "pgx --version"] {
        assert!(matches!(parse_words(help), Ok(Parsed::Text(_))), "{help}");
    }
}

#[test]
fn usage_errors_are_sentences() {
    let error = parse_words("pgx dump --tabels-from x").unwrap_err();
    assert_eq!(error.code(), Code::Usage);
    assert_eq!(error.what(), "unexpected argument '--tabels-from' found");
    assert!(error.notes()[0].contains("--tables-from"), "{error:?}");
    let error = parse_words("pgx verify").unwrap_err();
    assert_eq!(error.what(), "the following required arguments were not provided: <ARCHIVE>");
    for contradiction in ["pgx inspect x -q -v", "pgx frobnicate", "pgx dump -Z xz"] {
        assert_eq!(parse_words(contradiction).unwrap_err().code(), Code::Usage);
    }
}

#[test]
fn a_misplaced_connection_string_is_not_repeated() {
    for words in ["pgx dump a postgres://u:sesame@h/x", "pgx dump a password=sesame"] {
        let error = parse_words(words).unwrap_err();
        assert_eq!(error.code(), Code::Usage);
        assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
    }
}
