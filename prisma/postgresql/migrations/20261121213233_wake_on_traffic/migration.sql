-- AlterTable
ALTER TABLE "scaling_policies" ADD COLUMN     "wake_on_traffic" BOOLEAN NOT NULL DEFAULT false;
