-- Reports and charts read this index and no row: a month of 100 outlets is three million lines. All that they group by, add
-- up or leave out is in it, and the lines of a sale stand together in it.
CREATE INDEX ix_fact_sale_report ON fact_sale
  (date_sold, outlet_id, sale_id, drug_id, employee_id, doctor_id, currency, kind, line_no, till_id, sold_local, quantity_sold,
   line_total);
