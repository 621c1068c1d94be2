-- The references that may be used once over the company, each with the first sale that used it: of two tills that use one
-- at the same instant, the second waits here for the first. Those of sales before this step are in fact_payment only.
CREATE TABLE IF NOT EXISTS tender_reference (
  tender_id BIGINT NOT NULL,
  reference_key VARCHAR(60) NOT NULL,
  sale_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (tender_id, reference_key),
  FOREIGN KEY (tender_id) REFERENCES dim_tender (id),
  FOREIGN KEY (sale_id) REFERENCES sale (sale_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
