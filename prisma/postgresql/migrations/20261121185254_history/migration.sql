-- CreateTable
CREATE TABLE "history_slices" (
    "id" TEXT NOT NULL,
    "series" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "counts" BYTEA NOT NULL,

    CONSTRAINT "history_slices_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "events" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,
    "last_at_ms" BIGINT NOT NULL,
    "count" INTEGER NOT NULL,
    "tenant_id" TEXT,
    "application_id" TEXT,
    "application_name" TEXT,
    "version_number" INTEGER,
    "node_name" TEXT,
    "pod_id" TEXT,
    "session_id" TEXT,
    "last_log_lines" JSONB NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "history_slices_of_series" ON "history_slices"("series", "at_ms");

-- CreateIndex
CREATE INDEX "history_slices_by_age" ON "history_slices"("at_ms");

-- CreateIndex
CREATE INDEX "events_newest" ON "events"("at_ms" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "events_of_tenant" ON "events"("tenant_id", "at_ms" DESC, "id" DESC);
