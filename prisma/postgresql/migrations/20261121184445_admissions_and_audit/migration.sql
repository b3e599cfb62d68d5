-- DropTable
DROP TABLE "audit_entries";

-- CreateTable
CREATE TABLE "node_identities" (
    "name" TEXT NOT NULL,
    "identity_id" TEXT NOT NULL,
    "joined_at_ms" BIGINT NOT NULL,
    "issued_at_ms" BIGINT NOT NULL,
    "expires_at_ms" BIGINT NOT NULL,
    "revoked_at_ms" BIGINT,

    CONSTRAINT "node_identities_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "join_tokens" (
    "id" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "node_name" TEXT,
    "created_at_ms" BIGINT NOT NULL,
    "expires_at_ms" BIGINT NOT NULL,
    "used_at_ms" BIGINT,
    "used_by" TEXT,

    CONSTRAINT "join_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_records" (
    "number" BIGINT NOT NULL,
    "at_ms" BIGINT NOT NULL,
    "tenant_id" TEXT,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT,
    "actor_role" TEXT,
    "source" TEXT,
    "request_id" TEXT,
    "action" TEXT NOT NULL,
    "object" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "problem" TEXT,
    "state_before" TEXT,
    "state_after" TEXT,
    "hash" TEXT NOT NULL,
    "seal" TEXT,

    CONSTRAINT "audit_records_pkey" PRIMARY KEY ("number")
);

-- CreateTable
CREATE TABLE "audit_base" (
    "id" INTEGER NOT NULL,
    "number" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "signature" TEXT NOT NULL,

    CONSTRAINT "audit_base_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "join_tokens_secret_hash_key" ON "join_tokens"("secret_hash");

-- CreateIndex
CREATE INDEX "audit_records_tenant_id_number_idx" ON "audit_records"("tenant_id", "number" DESC);
