/**
 * CRC-64 as Redis uses it (crc64.c): Jones polynomial, reflected, initial value 0, no final XOR;
 * crc64("123456789") = e9c6d914c4b8d9ca. The work is done by a WebAssembly module: crc64.wat says how.
 */
import { CRC64_WASM } from './crc64-wasm.ts'

/** The few names that are used of it: they are no part of the language, and types of the browser are not wanted here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  update(crc: bigint, from: number, to: number): bigint
}

const PAGE_BYTES = 64 * 1024
/** The first page is the module's own. */
const FIRST = PAGE_BYTES
/** How much is copied at once. */
const ROOM_BYTES = 256 * 1024

let module: object | undefined
/** Whose memory a buffer lies in. */
const owners = new WeakMap<ArrayBufferLike, Exports>()
/** Where bytes from elsewhere are copied to, and what sums them there. */
let elsewhere: { readonly room: Buffer; readonly owner: Exports } | undefined

function instance(size: number): { readonly room: Buffer; readonly owner: Exports } {
  module ??= new WebAssembly.Module(Buffer.from(CRC64_WASM, 'base64'))
  const owner = new WebAssembly.Instance(module).exports as Exports
  owner.memory.grow(Math.ceil(size / PAGE_BYTES)) // once: to grow is to lose every view
  owners.set(owner.memory.buffer, owner)
  return { room: Buffer.from(owner.memory.buffer, FIRST, size), owner }
}

/** A buffer whose bytes are summed where they lie, without a copy. */
export function summableBuffer(size: number): Buffer {
  return instance(size).room
}

/** A running checksum. `digest()` gives the eight bytes as an RDB stores them, least significant first. */
export class Crc64 {
  #crc = 0n

  update(bytes: Buffer): void {
    const { buffer, byteOffset, length } = bytes
    const owner = owners.get(buffer)
    if (owner) this.#crc = owner.update(this.#crc, byteOffset, byteOffset + length)
    else this.#copied(bytes)
  }

  /** A copy that goes its own way. */
  fork(): Crc64 {
    const copy = new Crc64()
    copy.#crc = this.#crc
    return copy
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt.asUintN(64, this.#crc))
    return bytes
  }

  #copied(bytes: Buffer): void {
    elsewhere ??= instance(ROOM_BYTES)
    const { room, owner } = elsewhere
    for (let at = 0; at < bytes.length; at += ROOM_BYTES) {
      const part = bytes.subarray(at, at + ROOM_BYTES)
      room.set(part)
      this.#crc = owner.update(this.#crc, FIRST, FIRST + part.length)
    }
  }
}
