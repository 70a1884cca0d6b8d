//! The ledgers of streams as a table.

use serde::Serialize;

use super::badge::Badge;
use crate::{
    report::{
        Report,
        ledgers::{HEAD, LedgerView},
    },
    verdict::Verdict,
};

#[derive(Debug, Serialize)]
pub(super) struct LedgerTable {
    pub head: [&'static str; 7],
    pub rows: Vec<LedgerRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct LedgerRow {
    pub badge: Badge,
    pub check: String,
    pub who: String,
    pub rate: String,
    pub numbers: [u64; 7],
    pub serials: String,
    pub remarks: Vec<String>,
}

/// `None` for a run without streams.
pub(super) fn ledger_table(report: &Report) -> Option<LedgerTable> {
    let row = |ledger: &LedgerView| LedgerRow {
        badge: report.check(&ledger.check).map_or(Verdict::Broken, |check| check.verdict).into(),
        check: ledger.check.clone(),
        who: ledger.who(),
        rate: ledger.rate(),
        numbers: ledger.numbers(),
        serials: ledger.serials(),
        remarks: ledger.remarks(),
    };
    let rows: Vec<LedgerRow> = report.ledgers.iter().map(row).collect();
    (!rows.is_empty()).then_some(LedgerTable { head: HEAD, rows })
}
