//! A small shop in a fresh store, and sales of it in their place in a till's chain.
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use rxtill::domain::chain::Hash;
use rxtill::domain::sale::{Agreed, ChainPlace, SaleRecord, TillId};
use rxtill::params;
use rxtill::store::engine::Engine;
use rxtill::store::ports::{Registration, SaleStore as _};
use rxtill::store::star::Store;
use uuid::Uuid;

pub use super::sample_sale::{COUNTED, DOCTOR, EMPLOYEE, OUTLET, SOLD_AT, UNCOUNTED, asked_for, row, sale};

/// One outlet, two drugs, one employee, one doctor; the second drug is counted.
pub struct Shop {
    /// The store.
    pub store: Store,
    /// Its engine, for questions of the tests' own.
    pub engine: Arc<dyn Engine>,
}

impl Shop {
    /// Puts the rows into a store that has the schema and no rows.
    pub async fn open(engine: &Arc<dyn Engine>) -> Self {
        let at: Timestamp = SOLD_AT.parse().unwrap();
        let outlet = "INSERT INTO dim_outlet (id, uuid, changed_at, changed_by, name, name_key, region, time_zone,
            opening_hours, address, phone, tax_number, currency, smallest_coin, receipt_footer)
            VALUES (1, ?, ?, 'test', 'Mirema meds', 'mirema meds', 'Nairobi', 'Africa/Nairobi', '', '', '', '', 'KES', ?, '')";
        engine
            .execute(outlet, params![row(OUTLET), at, Decimal::ONE])
            .await
            .unwrap();
        let employee = "INSERT INTO dim_employee (id, uuid, changed_at, changed_by, name, name_key, phone_number,
            phone_key, email, role) VALUES (2, ?, ?, 'test', 'John', 'john', '0712345678', '0712345678', '', 'cashier')";
        engine.execute(employee, params![row(EMPLOYEE), at]).await.unwrap();
        let doctor = "INSERT INTO dim_doctor (id, uuid, changed_at, changed_by, natural_key, name, name_key,
            registration_number, specialization, phone_number, phone_key, email, region)
            VALUES (5, ?, ?, 'test', 'reg:a1', 'Mwabili', 'mwabili', 'A1', '', '', '', '', '')";
        engine.execute(doctor, params![row(DOCTOR), at]).await.unwrap();
        for (id, drug, name) in [(13_i64, UNCOUNTED, "Aspirin 300 mg"), (14, COUNTED, "Amoxil 500 mg")] {
            let insert = "INSERT INTO dim_drug (id, uuid, changed_at, changed_by, code, code_key, name, name_key,
                generic_name, strength, form, base_unit, tax_code)
                VALUES (?, ?, ?, 'test', ?, ?, ?, ?, '', '', '', 'tab', 'E')";
            let code = format!("D{id}");
            let params = params![id, row(drug), at, &code, code.to_lowercase(), name, name.to_lowercase()];
            engine.execute(insert, params).await.unwrap();
        }
        let supply = "INSERT INTO stock_movement (uuid, outlet_id, drug_id, kind, quantity, moved_by, reason, moved_at)
            VALUES (?, 1, 14, 'supply', ?, 'test', '', ?)";
        engine
            .execute(supply, params![Uuid::from_u128(77), Decimal::TEN, at])
            .await
            .unwrap();
        let stock = "INSERT INTO stock (outlet_id, drug_id, supplied, remaining) VALUES (1, 14, ?, ?)";
        engine
            .execute(stock, params![Decimal::TEN, Decimal::TEN])
            .await
            .unwrap();
        Self {
            store: Store::new(Arc::clone(engine)),
            engine: Arc::clone(engine),
        }
    }

    /// A till of the shop, registered, before its first sale.
    pub async fn till(&self, id: &str) -> Chain {
        let till: TillId = id.parse().unwrap();
        let installation = Uuid::from_u128(0x1234);
        let Registration::Ours(head) = self.store.register(&till, installation).await.unwrap() else {
            panic!("{id} belongs to another installation")
        };
        Chain {
            till,
            series: head.series,
            number: head.number,
            seq: 1,
            last: head.hash,
        }
    }

    /// One number out of the store.
    pub async fn count(&self, sql: &str) -> i64 {
        self.engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
    }

    /// What remains of the counted drug.
    pub async fn remaining(&self) -> Decimal {
        let sql = "SELECT remaining FROM stock WHERE outlet_id = 1 AND drug_id = 14";
        self.engine.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
    }

    /// Rows in each table that a sale writes to, so that a refused one can be seen to have left none.
    pub async fn footprint(&self) -> Vec<i64> {
        let mut counts = Vec::new();
        for table in [
            "sale",
            "sale_parked",
            "fact_sale",
            "fact_payment",
            "sale_outbox",
            "stock_movement",
        ] {
            counts.push(self.count(&format!("SELECT COUNT(*) FROM {table}")).await);
        }
        counts.push(self.count("SELECT SUM(receipt_no) FROM till_head").await);
        counts
    }
}

/// A till's chain as its journal would keep it.
#[derive(Clone)]
pub struct Chain {
    /// The till.
    pub till: TillId,
    series: u32,
    number: u64,
    seq: u64,
    last: Hash,
}

impl Chain {
    /// The next sale in the chain: so many of each drug, for cash.
    pub fn sell(&mut self, lines: &[(u128, &str)]) -> SaleRecord {
        self.place(sale(
            Uuid::new_v5(&Uuid::nil(), format!("{}{}", self.till, self.number).as_bytes()),
            lines,
        ))
    }

    /// Puts an agreement in the chain.
    pub fn place(&mut self, agreed: Agreed) -> SaleRecord {
        self.number += 1;
        let place = ChainPlace {
            till: self.till.clone(),
            series: self.series,
            number: self.number,
            first_seq: self.seq,
            prev_hash: self.last,
        };
        let record = SaleRecord::make(agreed, place, Vec::new()).unwrap();
        self.seq = record.next_seq();
        self.last = record.hash;
        record
    }
}
