/** Remembers what a user lacks the right for. */
import { type Reply, ServerError } from '../../protocol/wire/reply.ts'

/** Commands that this server denied to our user: each further try would add an entry to its ACL LOG (acl.c, addACLLogEntry). */
export class Denied {
  readonly #refusals = new Map<string, ServerError>()

  /** The refusal of an earlier try. */
  of(args: readonly string[]): ServerError | undefined {
    return this.#refusals.get(commandName(args))
  }

  note(args: readonly string[], reply: Reply): void {
    if (reply instanceof ServerError && reply.text.startsWith('NOPERM')) this.#refusals.set(commandName(args), reply)
  }
}

/** Rights are given to a command, or to one of its subcommands. */
function commandName([name = '', ...others]: readonly string[]): string {
  return ['CONFIG', 'CLIENT', 'CLUSTER'].includes(name) ? `${name} ${others[0]}` : name
}
