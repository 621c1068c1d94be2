-- What a till's own account may do (PATH 3.10): record sales, never change or remove one, and not read pay; and, at the end,
-- what a supervisor's may. Run after `rxtill init`, by an account that may grant, in the till's database (here its name is the
-- connection's), with the accounts' names in place of rxtill_till@'%' and rxtill_watch@'%' if they are others. The office's
-- account, which serves `init`, `import` and pay, and purges published events, wants all rights on the database instead.
-- Safe to run again.

-- What every sale is checked against, and what an upgrade is known by.
GRANT SELECT ON schema_version TO rxtill_till@'%';
GRANT SELECT ON setting TO rxtill_till@'%';
GRANT SELECT ON tax_code TO rxtill_till@'%';
GRANT SELECT ON dim_date TO rxtill_till@'%';
GRANT SELECT ON dim_tender TO rxtill_till@'%';

-- Rows of these can be made, mended and deactivated at a till, under a change number.
GRANT SELECT, UPDATE ON change_seq TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON dim_outlet TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON dim_employee TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON dim_doctor TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON dim_drug TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON drug_pack TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON price TO rxtill_till@'%';

-- The end of the chain moves; the installation that owns it does not.
GRANT SELECT, INSERT ON till_head TO rxtill_till@'%';
GRANT UPDATE (receipt_no, hash, sale_id) ON till_head TO rxtill_till@'%';

-- Inserted, and never touched again.
GRANT SELECT, INSERT ON row_history TO rxtill_till@'%';
GRANT SELECT, INSERT ON till_event TO rxtill_till@'%';
GRANT SELECT, INSERT ON alert_note TO rxtill_till@'%';
GRANT SELECT, INSERT ON sale TO rxtill_till@'%';
GRANT SELECT, INSERT ON sale_parked TO rxtill_till@'%';
GRANT SELECT, INSERT ON sale_resolved TO rxtill_till@'%';
GRANT SELECT, INSERT ON fact_sale TO rxtill_till@'%';
GRANT SELECT, INSERT ON fact_payment TO rxtill_till@'%';
GRANT SELECT, INSERT ON tender_reference TO rxtill_till@'%';
GRANT SELECT, INSERT ON stock_batch TO rxtill_till@'%';
GRANT SELECT, INSERT ON stock_movement TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON stock TO rxtill_till@'%';

-- Events: their marks change, they do not.
GRANT SELECT, INSERT ON sale_outbox TO rxtill_till@'%';
GRANT UPDATE (marked_at, epoch, set_aside) ON sale_outbox TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON relay_lease TO rxtill_till@'%';
GRANT SELECT, INSERT, UPDATE ON reader_lease TO rxtill_till@'%';

GRANT SELECT ON sales TO rxtill_till@'%';

-- What a supervisor's account may do (rxtill watch): read what reports, history and verify read, pay not, and write notes on
-- alerts. Leave this out where nobody has an account of that name.
GRANT SELECT ON schema_version TO rxtill_watch@'%';
GRANT SELECT ON setting TO rxtill_watch@'%';
GRANT SELECT ON tax_code TO rxtill_watch@'%';
GRANT SELECT ON dim_date TO rxtill_watch@'%';
GRANT SELECT ON dim_tender TO rxtill_watch@'%';
GRANT SELECT ON change_seq TO rxtill_watch@'%';
GRANT SELECT ON dim_outlet TO rxtill_watch@'%';
GRANT SELECT ON dim_employee TO rxtill_watch@'%';
GRANT SELECT ON dim_doctor TO rxtill_watch@'%';
GRANT SELECT ON dim_drug TO rxtill_watch@'%';
GRANT SELECT ON drug_pack TO rxtill_watch@'%';
GRANT SELECT ON price TO rxtill_watch@'%';
GRANT SELECT ON till_head TO rxtill_watch@'%';
GRANT SELECT ON row_history TO rxtill_watch@'%';
GRANT SELECT ON till_event TO rxtill_watch@'%';
GRANT SELECT ON sale TO rxtill_watch@'%';
GRANT SELECT ON sale_parked TO rxtill_watch@'%';
GRANT SELECT ON sale_resolved TO rxtill_watch@'%';
GRANT SELECT ON fact_sale TO rxtill_watch@'%';
GRANT SELECT ON fact_payment TO rxtill_watch@'%';
GRANT SELECT ON tender_reference TO rxtill_watch@'%';
GRANT SELECT ON stock_batch TO rxtill_watch@'%';
GRANT SELECT ON stock_movement TO rxtill_watch@'%';
GRANT SELECT ON stock TO rxtill_watch@'%';
GRANT SELECT ON sale_outbox TO rxtill_watch@'%';
GRANT SELECT ON sales TO rxtill_watch@'%';
GRANT SELECT, INSERT ON alert_note TO rxtill_watch@'%';
