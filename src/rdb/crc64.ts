/**
 * CRC-64 as Redis uses it (crc64.c): Jones polynomial, reflected, initial value 0, no final XOR;
 * crc64("123456789") = e9c6d914c4b8d9ca. A WebAssembly module does the work; crc64.wat explains the method.
 */
import { CRC64_WASM } from './crc64-wasm.ts'

/** Only the parts that we use. They are not in TypeScript's language types, and we do not load the browser types. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  update(crc: bigint, from: number, to: number): bigint
}

const PAGE_BYTES = 64 * 1024
/** The module uses the first page itself. */
const FIRST = PAGE_BYTES
/** Bytes copied at a time. */
const COPY_BYTES = 256 * 1024

let module: object | undefined
/** The instance that owns each memory. */
const owners = new WeakMap<ArrayBufferLike, Exports>()
/** Bytes outside WebAssembly memory are copied here to be summed. */
let copyArea: { readonly buffer: Buffer; readonly owner: Exports } | undefined

function instantiate(size: number): { readonly buffer: Buffer; readonly owner: Exports } {
  module ??= new WebAssembly.Module(Buffer.from(CRC64_WASM, 'base64'))
  const owner = new WebAssembly.Instance(module).exports as Exports
  owner.memory.grow(Math.ceil(size / PAGE_BYTES)) // once only: growing detaches all views
  owners.set(owner.memory.buffer, owner)
  return { buffer: Buffer.from(owner.memory.buffer, FIRST, size), owner }
}

/** Allocates a buffer whose bytes are summed in place, without a copy. */
export function summableBuffer(size: number): Buffer {
  return instantiate(size).buffer
}

/** A running checksum. `digest()` returns the eight bytes as an RDB stores them, least significant first. */
export class Crc64 {
  #crc = 0n

  update(bytes: Buffer): void {
    const { buffer, byteOffset, length } = bytes
    const owner = owners.get(buffer)
    if (owner) this.#crc = owner.update(this.#crc, byteOffset, byteOffset + length)
    else this.#updateByCopy(bytes)
  }

  /** An independent copy of the checksum so far. */
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

  #updateByCopy(bytes: Buffer): void {
    copyArea ??= instantiate(COPY_BYTES)
    const { buffer, owner } = copyArea
    for (let at = 0; at < bytes.length; at += COPY_BYTES) {
      const part = bytes.subarray(at, at + COPY_BYTES)
      buffer.set(part)
      this.#crc = owner.update(this.#crc, FIRST, FIRST + part.length)
    }
  }
}
