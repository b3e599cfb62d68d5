-- AlterTable
ALTER TABLE "compute_nodes" ADD COLUMN "drain_deadline_ms" BIGINT;
