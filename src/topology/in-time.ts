/** Several are asked at once, and one that hangs must not delay what the others have settled. */
import { after } from '../io/clock.ts'

/**
 * @param isEnough whether those that have answered settle it; the others then have so much time
 * @returns in the order of the questions; undefined of whoever did not answer in time
 * @throws what any of them fails with until then
 */
export async function answersInTime<T>(
  asked: readonly Promise<T>[],
  isEnough: (answers: readonly T[]) => boolean,
  graceMs: number,
): Promise<(T | undefined)[]> {
  const answers: (T | undefined)[] = asked.map(() => undefined)
  let stop: (() => void) | undefined
  const over = new Promise<void>((resolve, reject) => {
    const take = (index: number, answer: T) => {
      answers[index] = answer
      const given = answers.filter((one) => one !== undefined)
      if (given.length === asked.length) resolve()
      else if (isEnough(given)) stop ??= after(graceMs, resolve)
    }
    for (const [index, one] of asked.entries()) one.then((answer) => take(index, answer), reject)
  })
  await over.finally(() => stop?.())
  return [...answers]
}
