-- CreateTable
CREATE TABLE "applications" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "created_at_ms" BIGINT NOT NULL,
    "newest_version_id" TEXT NOT NULL,
    "fallback_version_id" TEXT,
    "is_proven" BOOLEAN NOT NULL,

    CONSTRAINT "applications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "application_versions" (
    "id" TEXT NOT NULL,
    "application_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "created_at_ms" BIGINT NOT NULL,
    "spec" JSONB NOT NULL,

    CONSTRAINT "application_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "scaling_policies" (
    "application_id" TEXT NOT NULL,
    "min_pods" INTEGER NOT NULL,
    "max_pods" INTEGER NOT NULL,
    "burst" DOUBLE PRECISION NOT NULL,
    "scale_down_delay_ms" BIGINT NOT NULL,
    "target" JSONB NOT NULL,
    "keep_hot" INTEGER NOT NULL,
    "hibernate_after_ms" BIGINT,

    CONSTRAINT "scaling_policies_pkey" PRIMARY KEY ("application_id")
);

-- CreateTable
CREATE TABLE "cluster" (
    "id" INTEGER NOT NULL,
    "core_id" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "started_at_ms" BIGINT NOT NULL,

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "compute_nodes" (
    "name" TEXT NOT NULL,
    "ledger_id" TEXT NOT NULL,
    "is_cordoned" BOOLEAN NOT NULL,
    "labels" JSONB NOT NULL,
    "joined_at_ms" BIGINT NOT NULL,
    "lost_at_ms" BIGINT,

    CONSTRAINT "compute_nodes_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "application_id" TEXT NOT NULL,
    "application_name" TEXT NOT NULL,
    "created_at_ms" BIGINT NOT NULL,
    "phase" TEXT NOT NULL,
    "pod_id" TEXT,
    "node_name" TEXT,
    "version_number" INTEGER,
    "grant_epoch" BIGINT,
    "start" TEXT,
    "client_count" INTEGER NOT NULL,
    "deadline_at_ms" BIGINT,
    "deadline_reason" TEXT,
    "close_reason" TEXT,
    "close_message" TEXT,
    "available_at_ms" BIGINT,
    "closed_at_ms" BIGINT,
    "idempotency_key" TEXT,
    "idempotency_fingerprint" TEXT,
    "labels" JSONB NOT NULL,
    "request" JSONB NOT NULL,
    "endpoints" JSONB NOT NULL,
    "timeline" JSONB NOT NULL,
    "data" BYTEA,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenants" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at_ms" BIGINT NOT NULL,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_tokens" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "created_at_ms" BIGINT NOT NULL,

    CONSTRAINT "api_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_entries" (
    "id" TEXT NOT NULL,
    "at_ms" BIGINT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "token_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "object" TEXT NOT NULL,
    "problem" TEXT,

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "applications_tenant_id_name_key" ON "applications"("tenant_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "application_versions_application_id_number_key" ON "application_versions"("application_id", "number");

-- CreateIndex
CREATE INDEX "sessions_history_of_tenant" ON "sessions"("tenant_id", "created_at_ms" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "sessions_history_of_application" ON "sessions"("application_id", "created_at_ms" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "sessions_history" ON "sessions"("created_at_ms" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "sessions_of_key" ON "sessions"("application_id", "idempotency_key", "created_at_ms" DESC, "id" DESC) WHERE (idempotency_key IS NOT NULL);

-- CreateIndex
CREATE INDEX "sessions_open" ON "sessions"("phase") WHERE (phase <> 'closed');

-- CreateIndex
CREATE UNIQUE INDEX "tenants_name_key" ON "tenants"("name");

-- CreateIndex
CREATE UNIQUE INDEX "api_tokens_secret_hash_key" ON "api_tokens"("secret_hash");

-- CreateIndex
CREATE INDEX "api_tokens_tenant_id_idx" ON "api_tokens"("tenant_id");

-- CreateIndex
CREATE INDEX "audit_entries_tenant_id_at_ms_id_idx" ON "audit_entries"("tenant_id", "at_ms" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_entries_at_ms_id_idx" ON "audit_entries"("at_ms" DESC, "id" DESC);

-- AddForeignKey
ALTER TABLE "applications" ADD CONSTRAINT "applications_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "application_versions" ADD CONSTRAINT "application_versions_application_id_fkey" FOREIGN KEY ("application_id") REFERENCES "applications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "scaling_policies" ADD CONSTRAINT "scaling_policies_application_id_fkey" FOREIGN KEY ("application_id") REFERENCES "applications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
