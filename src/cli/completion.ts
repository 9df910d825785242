/** The completion script of a shell, made from the commands and flags in oclif's manifest. */
import type { Command, Interfaces } from '@oclif/core'
import { bashScript } from '../render/completion/bash.ts'
import { fishScript } from '../render/completion/fish.ts'
import type { CompletedCommand, CompletedFlag, FlagValue } from '../render/completion/model.ts'
import { zshScript } from '../render/completion/zsh.ts'
import { TARGET } from './settings/layers.ts'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript }

export type Shell = keyof typeof SCRIPTS
export const SHELLS = Object.keys(SCRIPTS) as Shell[]

/** @param words the values of the arguments that oclif does not know, by command */
export function completionScript(
  shell: Shell,
  { commands }: Interfaces.Config,
  words: Readonly<Record<string, readonly string[]>>,
): string {
  return SCRIPTS[shell](commands.map((command) => completedCommand(command, words[command.id] ?? [])))
}

function completedCommand({ id, summary = '', flags, args }: Command.Loadable, words: readonly string[]): CompletedCommand {
  const [argument] = Object.values(args)
  return {
    name: id,
    text: summary,
    flags: [...Object.entries(flags).flatMap(([name, flag]) => completedFlags(name, flag)), { name: 'help', text: 'show help' }],
    words: [...(argument?.options ?? []), ...words],
    hasTarget: argument?.name === TARGET,
  }
}

function completedFlags(name: string, flag: Command.Flag.Cached): CompletedFlag[] {
  const text = flag.summary ?? flag.description ?? ''
  const plain = { name, text, ...(flag.char && { char: flag.char }) }
  if (flag.type === 'option') return [{ ...plain, value: flagValue(flag) }]
  return flag.allowNo ? [plain, { name: `no-${name}`, text: `not: ${text}` }] : [plain]
}

function flagValue({ options, helpValue }: { readonly options?: readonly string[]; readonly helpValue?: string | string[] }): FlagValue {
  if (options) return { kind: 'words', words: options }
  return { kind: helpValue === 'FILE' || helpValue === 'PATH' ? 'file' : helpValue === 'FOLDER' ? 'folder' : 'any' }
}
