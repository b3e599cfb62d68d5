/** A pod for tests. The data of a session says what it does: a list of words. */
import { serve, type Session } from '@fornax/session-sdk'

function wordsOf(session: Session): string[] {
  return Buffer.from(session.data).toString('latin1').split(' ')
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

serve({
  onOpen: async (session) => {
    const words = wordsOf(session)
    console.log(`open ${session.id} ${session.data.length} ${JSON.stringify(session.env)}`)
    if (words.includes('refuse')) throw new Error('no room for you')
    if (words.includes('slow-open')) await pause(300)
    if (words.includes('never-open')) await pause(1e6)
    if (words.includes('clients')) setTimeout(() => session.setClientCount(2), 20)
    if (words.includes('leave')) setTimeout(() => void session.close('I am done'), 20)
    if (words.includes('exit')) setTimeout(() => process.exit(5), 20)
  },
  onClose: async (session) => {
    console.log(`close ${session.id}`)
    if (wordsOf(session).includes('slow-close')) await pause(200)
    if (wordsOf(session).includes('never-close')) await pause(1e6)
  },
  onProblem: (problem) => console.error(problem.message),
})
console.log('up')
