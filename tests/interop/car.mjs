// Reads the CAR of an export with the packages @ipld/car, @ipld/dag-cbor and multiformats: every block must have the
// bytes that its CID names, and, decoded and encoded again, dag-cbor must be the same bytes.
//
//     node car.mjs NODE_MODULES EXPORT
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, directory] = process.argv.slice(2)
const load = (path) => import(pathToFileURL(resolve(modules, path)).href)
const { CarBlockIterator } = await load('@ipld/car/src/index.js')
const dagCbor = await load('@ipld/dag-cbor/src/index.js')

const blocks = await CarBlockIterator.fromIterable(createReadStream(join(directory, 'log.car')))
const roots = (await blocks.getRoots()).map((root) => root.toString())
const seen = new Set()
let count = 0
for await (const { cid, bytes } of blocks) {
  const digest = createHash('sha256').update(bytes).digest()
  if (cid.version !== 1 || cid.multihash.code !== 0x12 || Buffer.compare(digest, cid.multihash.digest) !== 0) {
    throw new Error(`${cid}: other bytes`)
  }
  if (cid.code === dagCbor.code && Buffer.compare(dagCbor.encode(dagCbor.decode(bytes)), bytes) !== 0) {
    throw new Error(`${cid}: another encoding`)
  }
  if (cid.code !== dagCbor.code && cid.code !== 0x55) throw new Error(`${cid}: another codec`)
  seen.add(cid.toString())
  count += 1
}
if (seen.size !== count) throw new Error('a block twice')
if (roots.length === 0 || !roots.every((root) => seen.has(root))) throw new Error('a root that is not there')
console.log(`read: ${count} blocks, ${roots.length} roots`)
