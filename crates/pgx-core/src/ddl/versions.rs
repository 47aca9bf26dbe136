//! What servers of other versions than the source's are given, where they do not take a definition as
//! it stands: the same definition made from a model without what they lack, or none.
//!
//! What is only less than it was is left out and told. What would then mean something else is not made:
//! the restore refuses it by name before any work.

use super::{Context, aggregate, constraint, foreign, function, operator_class, publication};
use super::{subscription, table};
use crate::catalog::model::{
    Aggregate, Cast, Connection, Constraint, ConstraintKind, Conversion, ForeignDataWrapper,
    Function, FunctionKind, Generated, Index, OperatorClass, Publication, Relation, Statistics,
    Subscription,
};
use crate::catalog::setting;
use crate::catalog::subscriptions::OPTIONS_SINCE;
use crate::order::Node;
use crate::toc::{Entry, Variant};

/// How an object is made on servers of one version.
struct Form {
    create: Option<Vec<String>>,
    lost: Vec<String>,
}

impl Form {
    /// Made by these statements, without what is lost.
    fn made(create: Vec<String>, lost: Vec<String>) -> Form {
        Form { create: Some(create), lost }
    }

    /// Not made: it would mean something else.
    fn refused(lost: impl Into<String>) -> Form {
        Form { create: None, lost: vec![lost.into()] }
    }

    /// Not made, and nothing else needs it.
    fn left_out(why: impl Into<String>) -> Form {
        Form { create: Some(Vec::new()), lost: vec![why.into()] }
    }
}

/// The variants of the entry of `node`.
pub(super) fn variants(node: &Node<'_>, entry: &Entry, ctx: &Context<'_>) -> Vec<Variant> {
    // What an extension makes is its business.
    if entry.create.is_empty() {
        return Vec::new();
    }
    match node {
        Node::Publication(one) => spans(entry, &[11, 13, 18, 19], |at| publication(one, ctx, at)),
        Node::Subscription(one) => {
            spans(entry, &[14, 15, 16, 17, 19], |at| subscription(one, ctx, at))
        }
        Node::ForeignDataWrapper(one) => spans(entry, &[19], |at| wrapper(one, ctx, at)),
        Node::Aggregate(one) => spans(entry, &[19], |at| aggregate(one, ctx, at)),
        Node::Function(one) => {
            function(one, entry, ctx, |at| Some(function::statement(one, ctx, at)))
        }
        Node::FunctionBody(one) => function(one, entry, ctx, |at| function::replacement(one, at)),
        Node::Cast(one) => spans(entry, &[19], |at| cast(one, at)),
        Node::Conversion(one) => spans(entry, &[19], |at| conversion(one, at)),
        Node::OperatorClass(one) => spans(entry, &[19], |at| operator_class(one, ctx, at)),
        Node::Relation(one) => spans(entry, &[11, 12, 13, 15, 18, 19], |at| {
            if one.has_query() { view(one, at) } else { table(one, ctx, at) }
        }),
        Node::Constraint(one) => spans(entry, &[15, 18, 19], |at| constraint(one, ctx, at)),
        Node::Index(one) => spans(entry, &[15], |at| index(one, at)),
        Node::Statistics(one) => spans(entry, &[19], |at| statistics(one, at)),
        _ => Vec::new(),
    }
}

/// A variant for each span between the versions that change something, where `form` (none: as it is)
/// differs from the entry.
fn spans(entry: &Entry, changes: &[u32], form: impl Fn(u32) -> Option<Form>) -> Vec<Variant> {
    let starts = std::iter::once(0).chain(changes.iter().copied());
    let ends = changes.iter().map(|change| Some(change - 1)).chain([None]);
    let variant = |(from, to)| {
        let Form { create, lost } = form(from)?;
        let same = lost.is_empty() && create.as_ref() == Some(&entry.create);
        (!same).then_some(Variant { from, to, create, lost })
    };
    starts.zip(ends).filter_map(variant).collect()
}

/// Takes out what `at` is too old for: those whose text begins with a word of `since`.
fn strip(items: &mut Vec<String>, since: &[(&str, u32)], at: u32) -> Vec<String> {
    let lacks = |item: &String| {
        since.iter().any(|(word, since)| {
            *since > at
                && item
                    .strip_prefix(word)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '=']))
        })
    };
    let (lost, kept) = items.drain(..).partition(lacks);
    *items = kept;
    lost
}

fn publication(one: &Publication, ctx: &Context<'_>, at: u32) -> Option<Form> {
    let mut other = one.clone();
    let since = [("publish_via_partition_root", 13), ("publish_generated_columns", 18)];
    let mut lost = strip(&mut other.options, &since, at);
    if at < 11 {
        let all = "publish = 'insert, update, delete, truncate'";
        let older = other.options.iter_mut().filter(|option| option.contains("truncate"));
        for option in older {
            lost.extend((option != all).then(|| "truncate".to_owned()));
            *option = option.replace(", truncate", "").replace("truncate", "");
        }
    }
    if at < 19 {
        if !one.except.is_empty() {
            return Some(Form::refused("ALL TABLES EXCEPT"));
        }
        lost.extend(one.all_sequences.then(|| "ALL SEQUENCES".to_owned()));
        other.all_sequences = false;
    }
    Some(Form::made(publication::entry(&other, ctx).create, lost))
}

fn subscription(one: &Subscription, ctx: &Context<'_>, at: u32) -> Option<Form> {
    if at < 19 && matches!(one.connection, Connection::Server(_)) {
        return Some(Form::refused("SERVER"));
    }
    let mut other = one.clone();
    let lost = strip(&mut other.options, OPTIONS_SINCE, at);
    Some(Form::made(subscription::entry(&other, ctx).create, lost))
}

fn wrapper(one: &ForeignDataWrapper, ctx: &Context<'_>, at: u32) -> Option<Form> {
    let connection = one.connection.as_ref().filter(|_| at < 19)?;
    let other = ForeignDataWrapper { connection: None, ..one.clone() };
    let lost = vec![format!("CONNECTION {connection}")];
    Some(Form::made(foreign::wrapper_entry(&other, ctx).create, lost))
}

fn aggregate(one: &Aggregate, ctx: &Context<'_>, at: u32) -> Option<Form> {
    let support = one.support.as_ref().filter(|_| at < 19)?;
    let other = Aggregate { support: None, ..one.clone() };
    Some(Form::made(aggregate::entry(&other, ctx).create, vec![format!("SUPPORT {support}")]))
}

/// `statement` is the first of the entry's, for a version.
fn function(
    one: &Function,
    entry: &Entry,
    ctx: &Context<'_>,
    statement: impl Fn(u32) -> Option<String>,
) -> Vec<Variant> {
    let source = ctx.catalog.version / 10_000;
    let changes: Vec<u32> = setting::changes().collect();
    spans(entry, &changes, |at| {
        if at < 11 && one.kind == FunctionKind::Procedure {
            return Some(Form::refused("PROCEDURE"));
        }
        if at < 14 && one.sql_body {
            return Some(Form::refused("a body in SQL"));
        }
        let said = one.settings.iter().filter(|item| setting::clause(item, source).is_some());
        let gone = said.filter(|item| setting::clause(item, at).is_none());
        let lost: Vec<String> = gone.map(|item| format!("SET {item}")).collect();
        let rest = entry.create.iter().skip(1).cloned();
        Some(Form::made(statement(at).into_iter().chain(rest).collect(), lost))
    })
}

/// Version 19 casts between these by itself.
fn cast(one: &Cast, at: u32) -> Option<Form> {
    let built_in = ["(bytea AS uuid)", "(uuid AS bytea)"].contains(&one.object.name.as_str());
    (at >= 19 && built_in).then(|| Form::left_out("servers from 19 on have a cast of their own"))
}

fn conversion(one: &Conversion, at: u32) -> Option<Form> {
    let gone = one.definition.contains("'MULE_INTERNAL'");
    (at >= 19 && gone).then(|| Form::left_out("servers from 19 on do not know MULE_INTERNAL"))
}

/// In version 19 the server has a GiST class of its own that is the default for inet.
fn operator_class(one: &OperatorClass, ctx: &Context<'_>, at: u32) -> Option<Form> {
    if at < 19 || !one.default || one.method != "gist" || one.type_name != "inet" {
        return None;
    }
    let other = OperatorClass { default: false, ..one.clone() };
    Some(Form::made(operator_class::class_entry(&other, ctx).create, vec!["DEFAULT".to_owned()]))
}

/// Storage options that came after version 10; those of a TOAST table have the same names.
const STORAGE_SINCE: &[(&str, u32)] = &[
    ("toast_tuple_target", 11),
    ("vacuum_truncate", 12),
    ("toast.vacuum_truncate", 12),
    ("vacuum_index_cleanup", 12),
    ("toast.vacuum_index_cleanup", 12),
    ("autovacuum_vacuum_insert_threshold", 13),
    ("toast.autovacuum_vacuum_insert_threshold", 13),
    ("autovacuum_vacuum_insert_scale_factor", 13),
    ("toast.autovacuum_vacuum_insert_scale_factor", 13),
    ("autovacuum_vacuum_max_threshold", 18),
    ("toast.autovacuum_vacuum_max_threshold", 18),
    ("vacuum_max_eager_freeze_failure_rate", 18),
    ("toast.vacuum_max_eager_freeze_failure_rate", 18),
    ("autovacuum_parallel_workers", 19),
    ("log_autoanalyze_min_duration", 19),
];

/// Types that came with version 19, by OID: `oid8`, `regdatabase`, and arrays of them.
const TYPES_OF_19: [u32; 4] = [6437, 6442, 6490, 6491];

fn table(one: &Relation, ctx: &Context<'_>, at: u32) -> Option<Form> {
    let mut options = one.options.clone();
    let mut lost = strip(&mut options, STORAGE_SINCE, at);
    for column in &one.columns {
        let name = &column.name;
        if at < 19 && TYPES_OF_19.contains(&column.type_oid) {
            return Some(Form::refused(format!("{} of column {name}", column.type_name)));
        }
        if at < 12 && column.generated != Generated::No {
            return Some(Form::refused(format!("GENERATED of column {name}")));
        }
        if at < 18 && column.generated == Generated::Virtual {
            lost.push(format!("VIRTUAL of column {name}, which is STORED"));
        }
        if at < 18 && column.not_null_no_inherit {
            lost.push(format!("NO INHERIT of column {name}"));
        }
    }
    if lost.is_empty() {
        return None;
    }
    let mut columns = one.columns.clone();
    for column in columns.iter_mut().filter(|_| at < 18) {
        // Stored, it has the same values.
        if column.generated == Generated::Virtual {
            column.generated = Generated::Stored;
        }
        column.not_null_no_inherit = false;
    }
    let other = Relation { options, columns, ..one.clone() };
    Some(Form::made(table::entry(&other, ctx)?.create, lost))
}

/// Without it, a view reads with its owner's rights instead of the reader's.
fn view(one: &Relation, at: u32) -> Option<Form> {
    let by_reader = |option: &String| option.starts_with("security_invoker=");
    (at < 15 && one.options.iter().any(by_reader)).then(|| Form::refused("security_invoker"))
}

/// Whatever its name is, a quoted name cannot hold these words with their blanks unquoted.
fn constraint(one: &Constraint, ctx: &Context<'_>, at: u32) -> Option<Form> {
    let definition = &one.definition;
    if at < 18 && definition.contains(" WITHOUT OVERLAPS)") {
        return Some(Form::refused("WITHOUT OVERLAPS"));
    }
    if at < 18 && one.kind == ConstraintKind::Foreign && definition.contains(", PERIOD ") {
        return Some(Form::refused("PERIOD"));
    }
    if at < 19 && one.stricter {
        return Some(Form::left_out("servers before 19 cannot enforce it where a parent does not"));
    }
    if at < 18 && !one.enforced {
        return Some(Form::left_out("servers before 18 have no NOT ENFORCED"));
    }
    if at < 18 && one.kind == ConstraintKind::NotNull {
        return Some(Form::left_out("servers before 18 have no NOT NULL that is NOT VALID"));
    }
    let nulls = definition.strip_prefix("UNIQUE NULLS NOT DISTINCT").filter(|_| at < 15)?;
    let other = Constraint { definition: format!("UNIQUE{nulls}"), ..one.clone() };
    let lost = vec!["NULLS NOT DISTINCT".to_owned()];
    Some(Form::made(constraint::entry(&other, ctx)?.create, lost))
}

fn index(one: &Index, at: u32) -> Option<Form> {
    let nulls = one.definition.contains(") NULLS NOT DISTINCT");
    (at < 15 && nulls).then(|| Form::refused("NULLS NOT DISTINCT"))
}

fn statistics(one: &Statistics, at: u32) -> Option<Form> {
    let why = "servers before 19 have no statistics on virtual columns";
    (at < 19 && one.of_virtual).then(|| Form::left_out(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::catalog::model::{Column, Object};
    use crate::order::Repairs;
    use crate::toc::Ref;

    /// What a server of a version is given, and what it lacks.
    fn given(node: &Node<'_>, major: u32) -> (Option<Vec<String>>, Vec<String>) {
        let catalog = Catalog { version: 190_000, ..Catalog::default() };
        let ctx = Context { catalog: &catalog, repairs: &Repairs::default() };
        let entry = super::super::entry(node, &ctx).unwrap();
        let mut fitting = entry.variants.iter().filter(|variant| variant.is_for(major));
        let found = fitting.next().cloned();
        assert!(fitting.next().is_none(), "two variants for one version");
        match found {
            Some(variant) => (variant.create, variant.lost),
            None => (Some(entry.create), Vec::new()),
        }
    }

    fn publication() -> Publication {
        Publication {
            object: Object { name: "p".into(), ..Object::default() },
            all_tables: true,
            all_sequences: true,
            options: vec![
                "publish = 'insert, truncate'".into(),
                "publish_generated_columns = stored".into(),
            ],
            ..Publication::default()
        }
    }

    #[test]
    fn an_older_server_is_given_less_and_it_is_told() {
        let one = publication();
        let at = |major| given(&Node::Publication(&one), major);
        let (create, lost) = at(18);
        assert_eq!(lost, ["ALL SEQUENCES"]);
        assert!(create.unwrap()[0].contains("FOR ALL TABLES WITH"));
        let (create, lost) = at(10);
        assert_eq!(lost, ["publish_generated_columns = stored", "truncate", "ALL SEQUENCES"]);
        assert!(create.unwrap()[0].ends_with("WITH (publish = 'insert')"));
        assert!(at(19).1.is_empty() && at(20).1.is_empty());
    }

    #[test]
    fn what_would_publish_more_than_the_source_does_is_refused() {
        let one = Publication { except: vec![Ref::new("s", "t")], ..publication() };
        let (create, lost) = given(&Node::Publication(&one), 18);
        assert_eq!((create, lost), (None, vec!["ALL TABLES EXCEPT".to_owned()]));
        let (create, _) = given(&Node::Publication(&one), 19);
        let all = r#"FOR ALL TABLES EXCEPT (TABLE ONLY "s"."t"), ALL SEQUENCES WITH"#;
        assert!(create.unwrap()[0].contains(all));
    }

    #[test]
    fn settings_that_a_version_lacks_leave_the_function_alone() {
        let one = Function {
            head: "CREATE FUNCTION f()".into(),
            settings: vec!["escape_string_warning=off".into(), "search_path=".into()],
            body: "AS $$$$".into(),
            ..Function::default()
        };
        let (create, lost) = given(&Node::Function(&one), 19);
        assert_eq!(
            create.unwrap(),
            ["CREATE FUNCTION f()\n    SET \"search_path\" TO NULL\nAS $$$$"]
        );
        assert!(lost.is_empty(), "the source has none either: {lost:?}");
        let (create, _) = given(&Node::Function(&one), 17);
        assert!(create.unwrap()[0].contains("SET \"search_path\" TO ''"));
    }

    #[test]
    fn a_table_of_a_type_that_is_not_there_cannot_be_made() {
        let column = Column {
            name: "c".into(),
            type_name: "oid8".into(),
            type_oid: 6437,
            ..Column::default()
        };
        let one = Relation { columns: vec![column], ..Relation::default() };
        assert_eq!(given(&Node::Relation(&one), 18).0, None);
        assert!(given(&Node::Relation(&one), 19).0.is_some());
    }
}
