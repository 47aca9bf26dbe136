//! Restores: every way in, all of it or nothing, and the proof afterwards.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archived;
mod choice;
mod create;
mod cycles;
mod drift;
mod existing;
mod failure;
mod frozen;
mod functions;
mod index_memory;
mod memory;
mod needs;
mod ordinary;
mod proof;
mod publish;
mod state;
mod triggers;

use archived::Archived;
use state::State;

use crate::support::{self, Server};

/// Tables with all that comes with them: keys, checks, indexes, a trigger, views, sequences.
const SHOP: &str = "
CREATE SCHEMA app;
CREATE TABLE app.customer (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE app.orders (
    id bigserial PRIMARY KEY,
    customer int NOT NULL CONSTRAINT orders_customer REFERENCES app.customer,
    placed timestamp NOT NULL DEFAULT '2020-01-01',
    amount numeric CONSTRAINT orders_amount CHECK (amount > 0)
);
CREATE INDEX orders_placed ON app.orders (placed) WHERE amount > 10;
COMMENT ON COLUMN app.orders.amount IS 'in euros';
CREATE TABLE public.note (a int, b text);
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.amount := NEW.amount; RETURN NEW; END $$;
CREATE TRIGGER orders_touch BEFORE UPDATE ON app.orders
    FOR EACH ROW EXECUTE PROCEDURE app.touch();
CREATE VIEW app.dear AS SELECT id, customer FROM app.orders WHERE amount > 15;
CREATE MATERIALIZED VIEW app.totals AS
    SELECT customer, sum(amount) AS total FROM app.orders GROUP BY customer;
CREATE SEQUENCE app.fresh START 7;
CREATE SEQUENCE app.by_ten INCREMENT 10;
INSERT INTO app.customer (name) SELECT 'customer ' || g FROM generate_series(1, 20) g;
INSERT INTO app.orders (customer, amount)
    SELECT 1 + g % 20, 1 + g % 30 FROM generate_series(1, 90) g;
INSERT INTO public.note VALUES (1, E'tab\\there'), (2, NULL), (3, E'back\\\\slash'), (NULL, '');
SELECT nextval('app.by_ten'), nextval('app.by_ten');
REFRESH MATERIALIZED VIEW app.totals;
";

/// Runs the test on the oldest, a middle and the newest version.
fn some_versions(test: impl Fn(&Server)) {
    let all = support::servers();
    let mut plain: Vec<&Server> =
        all.iter().filter(|server| server.name == server.major.to_string()).collect();
    plain.sort_by_key(|server| server.major);
    let (first, last) = (0, plain.len().saturating_sub(1));
    let mut chosen = vec![first, plain.len() / 2, last];
    chosen.dedup();
    for server in chosen.into_iter().filter_map(|at| plain.get(at)) {
        eprintln!("on PostgreSQL {}", server.name);
        test(server);
    }
}
