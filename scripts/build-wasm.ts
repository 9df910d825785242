/** Builds src/rdb/crc64-wasm.ts from src/rdb/crc64.wat. With --check it only verifies that the file is up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import loadWabt from 'wabt'

const SOURCE = new URL('../src/rdb/crc64.wat', import.meta.url)
const TARGET = new URL('../src/rdb/crc64-wasm.ts', import.meta.url)

const wabt = await loadWabt()
const module = wabt.parseWat('crc64.wat', readFileSync(SOURCE, 'utf8'), { simd: true, bulk_memory: true })
module.validate()
const { buffer } = module.toBinary({ write_debug_names: false })
const text = `/** crc64.wat, ${buffer.length} bytes, made by \`npm run wasm\`. */
export const CRC64_WASM =
  '${Buffer.from(buffer).toString('base64')}'
`
if (!process.argv.includes('--check')) writeFileSync(TARGET, text)
else if (readFileSync(TARGET, 'utf8') !== text) {
  process.stderr.write('src/rdb/crc64-wasm.ts is not what src/rdb/crc64.wat gives: npm run wasm\n')
  process.exitCode = 1
}
