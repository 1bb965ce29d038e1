-- One row a process, written to see whether anything can be stored. It belongs to no tenant.
CREATE TABLE "_probe" ("id" TEXT PRIMARY KEY NOT NULL, "at" DATETIME NOT NULL);
