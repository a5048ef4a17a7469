import type { Role } from '../start.ts'

/** What a service is made of. All paths are absolute. */
export interface ServicePlace {
  /** Its name to whoever keeps it running. */
  readonly name: string
  readonly node: string
  /** The launcher. */
  readonly script: string
  /** Where `.env` lies. */
  readonly folder: string
  /** OMC_DATA_DIR */
  readonly data: string
  /** Behind the launcher: the command, with its role where it is not the usual one. */
  readonly command: readonly string[]
  /** PATH: where the agents' programs are found. */
  readonly path: string
  readonly home: string
  /** The user it runs as. */
  readonly user: string
  readonly uid: number
  /** bubblewrap is a program with its owner's rights here, so it may not be kept from using them. */
  readonly setuidBox: boolean
}

/** A program and its arguments. `mayFail`: what it is to bring about may be so already. */
export interface ServiceCommand {
  readonly words: readonly [string, ...string[]]
  readonly mayFail?: true
}

/** Something that keeps programs running, and how it is told of one. */
export interface ServiceKind {
  readonly name: string
  /** Whom it is for, in a few words. */
  readonly about: string
  /** Only root may tell it. */
  readonly needsRoot: boolean
  /** The file by which it knows the bot. */
  file(place: ServicePlace): string
  text(place: ServicePlace): string
  /** What makes it read the file and run the bot; again, when it ran already. */
  install(place: ServicePlace): readonly ServiceCommand[]
  status(place: ServicePlace): ServiceCommand
  /** What makes it end the bot, before the file goes. */
  uninstall(place: ServicePlace): readonly ServiceCommand[]
  /** What holds for it that a person should know. */
  advice(place: ServicePlace): readonly string[]
}

/** As what a file of ours starts the bot. */
export function roleOf(text: string): Role {
  return (/--role(?:[^a-z]|string)+(control|worker)\b/.exec(text)?.[1] as Role | undefined) ?? 'all'
}

/** Stands in every file that we write, so that nobody else's is touched. */
export const ownMark = 'Written by `discord-orchestrator service install`'

/** Without its inspector, and with its young memory kept small, as the launcher would start itself anew. */
export const nodeFlags = ['--disable-sigusr1', '--max-semi-space-size=2'] as const
