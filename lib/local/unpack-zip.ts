import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';

const signatures = { end: 0x06054b50, entry: 0x02014b50 };
const endBytes = 22;
const entryBytes = 46;
const headerBytes = 30;

/** Writes the files of a zip into a folder, as Lambda does with a package; throws when it is damaged. Neither ZIP64 nor encryption. */
export function unpackZip(path: string, folder: string): void {
  const zip = readFileSync(path);
  // What may follow it is a comment.
  let end = zip.length - endBytes;
  while (end >= 0 && zip.readUInt32LE(end) !== signatures.end) end--;
  if (end < 0) throw new Error(`${path} is no zip`);
  const count = zip.readUInt16LE(end + 10);
  let position = zip.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    const { name, content, next } = readEntry(zip, position);
    if (content === undefined || normalize(name).startsWith('..'))
      throw new Error(`${path} is damaged: ${name}`);
    position = next;
    if (name.endsWith('/')) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** An entry of the directory; without content when it is not what the directory says. */
function readEntry(
  zip: Buffer,
  position: number,
): { name: string; content: Buffer | undefined; next: number } {
  const nameEnd = position + entryBytes + zip.readUInt16LE(position + 28);
  const next = nameEnd + zip.readUInt16LE(position + 30) + zip.readUInt16LE(position + 32);
  const name = zip.toString('utf8', position + entryBytes, nameEnd);
  const header = zip.readUInt32LE(position + 42);
  const start = header + headerBytes + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const packed = zip.subarray(start, start + zip.readUInt32LE(position + 20));
  const content = unpack(packed, zip.readUInt16LE(position + 10));
  const isSound =
    zip.readUInt32LE(position) === signatures.entry &&
    content !== undefined &&
    crc32(content) === zip.readUInt32LE(position + 16);
  return { name, content: isSound ? content : undefined, next };
}

function unpack(packed: Buffer, method: number): Buffer | undefined {
  if (method === 0) return packed;
  return method === 8 ? inflateRawSync(packed) : undefined;
}
