//! The embedded index searched: what it finds against brute force, names by any alias, queries that are wrong, and the
//! program from outside.

mod aliases;
mod brute;
mod command;
mod order;
mod queries;
mod snippets;
mod world;
