;; CRC-64 as Redis uses it: Jones polynomial, reflected, initial value 0, no final XOR.
;;
;; A CRC is linear: XOR-ing a multiple of the polynomial P into a message does not change its CRC. And
;;
;;   x^4079 + x^3047 + x^2811 + x^2694 + x^2594 + x^1837 + x^1760 + 1,   with x standing for one byte (t^8),
;;
;; is a multiple of P. So a byte can be struck out of a message (set to 0) by XOR-ing it into the bytes 1032, 1268,
;; 1385, 1485, 2242, 2319 and 4079 places further on (4079 minus each exponent). `update` strikes out everything
;; but the last 4080 bytes, sixteen bytes at a time, with no lookups: seven XORs for sixteen bytes. Only the remaining bytes
;; need table lookups. `update` does not write to the message. The scratch area keeps the value that each byte had when it was
;; struck out, because later bytes need it:
;;
;;   struck[i] = message[i] ^ struck[i - 1032] ^ struck[i - 1268] ^ ... ^ struck[i - 4079]
;;
;; (The method is that of Sam Russell's "Chorba", arXiv 2412.16398; the distances for this polynomial were found by search.
;; They are long so that a load does not have to wait for the stores just before it. test/unit/crc64.test.ts checks them.)
;;
;; Memory: 0x0000  eight tables of 256 CRCs, eight bytes each
;;         0x4000  scratch: the 0x1000 struck bytes before the block in hand, then a block of up to 0x8000,
;;                 then 0x1000 zeros and 0x1000 remaining bytes
;;        0x10000  for the caller: messages go here
(module
  (memory (export "memory") 1)

  (func $fill_tables
    (local $at i32) (local $bit i32) (local $crc i64)
    ;; Table 0: the CRC of each byte.
    (loop $byte
      (local.set $crc (i64.extend_i32_u (i32.shr_u (local.get $at) (i32.const 3))))
      (local.set $bit (i32.const 8))
      (loop $shift
        ;; crc = crc & 1 ? crc >> 1 ^ P : crc >> 1, where P is ad93d23594c935a9 with its bits reversed
        (i64.xor
          (i64.shr_u (local.get $crc) (i64.const 1))
          (select (i64.const 0x95ac9329ac4bc9b5) (i64.const 0) (i32.wrap_i64 (i64.and (local.get $crc) (i64.const 1)))))
        (local.set $crc)
        (br_if $shift (local.tee $bit (i32.sub (local.get $bit) (i32.const 1)))))
      (i64.store (local.get $at) (local.get $crc))
      (br_if $byte (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 0x800))))
    ;; Table k: the CRC of each byte with k zero bytes after it.
    (loop $entry
      (i64.store (local.get $at)
        (call $next (i64.load (i32.sub (local.get $at) (i32.const 0x800))) (i32.const 0)))
      (br_if $entry (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 0x4000)))))
  (start $fill_tables)

  ;; The CRC after one more byte.
  (func $next (param $crc i64) (param $byte i32) (result i64)
    (i64.xor
      (i64.shr_u (local.get $crc) (i64.const 8))
      (i64.load (i32.shl
        (i32.and (i32.xor (i32.wrap_i64 (local.get $crc)) (local.get $byte)) (i32.const 0xff))
        (i32.const 3)))))

  ;; The CRC after the bytes [at, to), by table lookup, eight bytes at a time.
  (func $look_up (param $crc i64) (param $at i32) (param $to i32) (result i64)
    (block $rest
      (loop $word
        (br_if $rest (i32.lt_u (i32.sub (local.get $to) (local.get $at)) (i32.const 8)))
        (local.set $crc (i64.xor (local.get $crc) (i64.load (local.get $at))))
        ;; Byte k of the word goes to table 7 - k. Shifting three bits less than 8k multiplies it by the entry size.
        (i64.load offset=0x3800 (i32.and (i32.wrap_i64 (i64.shl   (local.get $crc) (i64.const 3)))  (i32.const 0x7f8)))
        (i64.load offset=0x3000 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $crc) (i64.const 5)))  (i32.const 0x7f8)))
        (i64.load offset=0x2800 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $crc) (i64.const 13))) (i32.const 0x7f8)))
        (i64.load offset=0x2000 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $crc) (i64.const 21))) (i32.const 0x7f8)))
        (i64.load offset=0x1800 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $crc) (i64.const 29))) (i32.const 0x7f8)))
        (i64.load offset=0x1000 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $crc) (i64.const 37))) (i32.const 0x7f8)))
        (i64.load offset=0x0800 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $crc) (i64.const 45))) (i32.const 0x7f8)))
        (i64.load offset=0x0000 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $crc) (i64.const 53))) (i32.const 0x7f8)))
        i64.xor i64.xor i64.xor i64.xor i64.xor i64.xor i64.xor
        (local.set $crc)
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $word)))
    (block $done
      (loop $byte
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $crc (call $next (local.get $crc) (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $byte)))
    (local.get $crc))

  ;; out[i] = message[at + i] ^ the struck bytes at the seven distances before struck[i], for at + i in [at, to).
  ;; Address offsets are unsigned, so $struck is lowered by 4079 first.
  (func $strike (param $at i32) (param $to i32) (param $struck i32) (param $out i32)
    (local.set $struck (i32.sub (local.get $struck) (i32.const 4079)))
    (loop $next
      (local.get $out)
      (v128.load (local.get $at))
      (v128.load offset=3047 (local.get $struck)) v128.xor ;; 1032 before
      (v128.load offset=2811 (local.get $struck)) v128.xor ;; 1268
      (v128.load offset=2694 (local.get $struck)) v128.xor ;; 1385
      (v128.load offset=2594 (local.get $struck)) v128.xor ;; 1485
      (v128.load offset=1837 (local.get $struck)) v128.xor ;; 2242
      (v128.load offset=1760 (local.get $struck)) v128.xor ;; 2319
      (v128.load             (local.get $struck)) v128.xor ;; 4079
      v128.store
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (local.set $struck (i32.add (local.get $struck) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $to)))))

  ;; The CRC after the bytes [at, to), which must lie at or above 0x10000.
  (func (export "update") (param $crc i64) (param $at i32) (param $to i32) (result i64)
    (local $last i32) (local $length i32)
    (if (i32.lt_u (i32.sub (local.get $to) (local.get $at)) (i32.const 0x2000))
      (then (return (call $look_up (local.get $crc) (local.get $at) (local.get $to)))))
    ;; Before the message: zeros, and the CRC so far, 4079 before the first byte, so that it goes into the first eight.
    (memory.fill (i32.const 0x4000) (i32.const 0) (i32.const 0x1000))
    (i64.store (i32.const 0x4011) (local.get $crc))
    (local.set $last (i32.sub (local.get $to) (i32.const 4096)))
    (block $struck
      (loop $block
        (local.set $length (i32.and (i32.add (i32.sub (local.get $last) (local.get $at)) (i32.const 15)) (i32.const -16)))
        (if (i32.gt_u (local.get $length) (i32.const 0x8000)) (then (local.set $length (i32.const 0x8000))))
        (call $strike (local.get $at) (i32.add (local.get $at) (local.get $length)) (i32.const 0x5000) (i32.const 0x5000))
        (local.set $at (i32.add (local.get $at) (local.get $length)))
        (br_if $struck (i32.ge_u (local.get $at) (local.get $last)))
        (memory.copy (i32.const 0x4000) (i32.const 0xc000) (i32.const 0x1000))
        (br $block)))
    ;; The last 4080 bytes take in what was struck out, but are not struck out themselves: zeros stand for them.
    (memory.fill (i32.add (local.get $length) (i32.const 0x5000)) (i32.const 0) (i32.const 0x1000))
    (call $strike (local.get $at) (i32.add (local.get $at) (i32.const 4080))
      (i32.add (local.get $length) (i32.const 0x5000))
      (i32.add (local.get $length) (i32.const 0x6000)))
    (call $look_up
      (call $look_up (i64.const 0)
        (i32.add (local.get $length) (i32.const 0x6000))
        (i32.add (local.get $length) (i32.const 0x6ff0)))
      (i32.add (local.get $at) (i32.const 4080))
      (local.get $to))))
