-- AlterTable
ALTER TABLE "api_tokens" ADD COLUMN     "expires_at_ms" BIGINT,
ADD COLUMN     "last_used_at_ms" BIGINT,
ADD COLUMN     "purpose" TEXT NOT NULL DEFAULT 'api',
ADD COLUMN     "user_id" TEXT;

-- AlterTable
ALTER TABLE "tenants" ADD COLUMN     "deleted_at_ms" BIGINT,
ADD COLUMN     "max_cpu_millis" BIGINT,
ADD COLUMN     "max_memory_bytes" BIGINT,
ADD COLUMN     "max_opens_per_second" BIGINT,
ADD COLUMN     "max_pods" BIGINT,
ADD COLUMN     "max_sessions" BIGINT,
ADD COLUMN     "suspended_at_ms" BIGINT;

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "password_hash" TEXT,
    "invitation_hash" TEXT,
    "invitation_expires_at_ms" BIGINT,
    "created_at_ms" BIGINT NOT NULL,
    "last_login_at_ms" BIGINT,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_invitation_hash_key" ON "users"("invitation_hash");

-- CreateIndex
CREATE UNIQUE INDEX "users_tenant_id_name_key" ON "users"("tenant_id", "name");

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
