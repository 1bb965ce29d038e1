-- What processes saw of their clocks, for `doctor`: it belongs to machines, not to tenants. Times in milliseconds.
CREATE TABLE "_clock_jumps" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "at" BIGINT NOT NULL,
    "seconds" BIGINT NOT NULL,
    "outcome" TEXT NOT NULL
);
