-- The references that may be used once over the company, each with the first sale that used it: of two tills that use one
-- at the same instant, the second waits here for the first. Those of sales before this step are in fact_payment only.
CREATE TABLE IF NOT EXISTS tender_reference (
  tender_id INTEGER NOT NULL REFERENCES dim_tender (id),
  reference_key TEXT NOT NULL,
  sale_id TEXT NOT NULL REFERENCES sale (sale_id),
  PRIMARY KEY (tender_id, reference_key)
) STRICT;
