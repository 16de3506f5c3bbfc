/** 32 bits of a text; the same everywhere. FNV-1a over its UTF-16 units. */
export const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
};

/** What a member bids for a key; the highest bid owns it, so a member that goes moves only its own keys. */
export const bid = (keyHash: number, memberHash: number): number => {
  let mixed = Math.imul(keyHash ^ memberHash, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  mixed = Math.imul(mixed + memberHash, 0x27d4eb2f);
  return (mixed ^ (mixed >>> 15)) >>> 0;
};
