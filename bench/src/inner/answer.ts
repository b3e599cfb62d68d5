/** For measurements of a part of the core alone: one question, one answer, one process. */

/** Answers with what `work` makes of the arguments of the command line, and ends. */
export function answerOnce(work: (args: readonly string[]) => Promise<object>): void {
  process.on('SIGINT', () => undefined) // A terminal sends it to everybody; the bench says when it is over.
  process.on('message', () => process.disconnect())
  const answered = Promise.resolve().then(() => work(process.argv.slice(2))) // Once the whole program is loaded.
  void answered.then((answer) =>
    process.send?.({ type: 'answer', ...answer }, () => {
      if (process.connected) process.disconnect()
    }),
  )
}
