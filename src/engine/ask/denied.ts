/** Remembers which commands the user may not run. */
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

/** An ACL rule permits a command, or one of its subcommands. */
function commandName([name = '', ...others]: readonly string[]): string {
  return ['CONFIG', 'CLIENT', 'CLUSTER'].includes(name) ? `${name} ${others[0]}` : name
}
