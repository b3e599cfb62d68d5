/** A process that runs worlds, one after the other, for the program that started it. */
import { refuseImports } from './imports.ts'
import type { Answer, Question } from './worker-words.ts'

refuseImports()
const { answer } = await import('./answer-question.ts')

process.on('message', (question: Question) => {
  void answer(question, (reply) => process.send?.(reply)).catch((error: unknown) => {
    const failed: Answer = { kind: 'broken', message: error instanceof Error ? (error.stack ?? '') : String(error) }
    process.send?.(failed)
  })
})
process.on('disconnect', () => {
  process.exitCode = 0
})
