/** Collects answers to parallel questions, so that one that hangs does not delay the others. */
import { after } from '../io/clock.ts'

/**
 * @param isEnough whether the answers so far decide the matter
 * @param graceMs how long to wait for the others after that
 * @returns the answers in the order of the questions; undefined for each that is late
 * @throws the first failure of a question until then
 */
export async function answersInTime<T>(
  questions: readonly Promise<T>[],
  isEnough: (answers: readonly T[]) => boolean,
  graceMs: number,
): Promise<(T | undefined)[]> {
  const answers: (T | undefined)[] = questions.map(() => undefined)
  let stop: (() => void) | undefined
  const over = new Promise<void>((resolve, reject) => {
    const take = (index: number, answer: T) => {
      answers[index] = answer
      const received = answers.filter((one) => one !== undefined)
      if (received.length === questions.length) resolve()
      else if (isEnough(received)) stop ??= after(graceMs, resolve)
    }
    for (const [index, question] of questions.entries()) question.then((answer) => take(index, answer), reject)
  })
  await over.finally(() => stop?.())
  return [...answers]
}
