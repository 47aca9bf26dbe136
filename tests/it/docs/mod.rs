//! Every command that the documentation shows is run, and every manifest in it is read.

mod examples;
mod pages;
mod stage;
