/** Every bound of the module in one place: the unit is in the name, the reason beside it. */

/** Containers open at once in a JSON document; real requests stay under 30. */
export const jsonDepthMax: u32 = 512;

/** Readable bytes behind every buffer that a scanner is given: it loads 16 at a time. */
export const scanPadBytes: u32 = 32;

/** The host's body is read in slices of this size, so a large body never grows the VM. */
export const bodySliceBytes: u32 = 65536;

/** A model name the client wrote; the longest public ones are about 100 bytes. */
export const modelBytesMax: u32 = 256;

/** Bytes of a request path that are looked at; a longer path is not LLM traffic. */
export const pathBytesMax: u32 = 4096;

/** Levels of a document whose members are read by name; deeper ones are passed over. */
export const shapeDepthMax: u32 = 16;

/** Separate texts (choice, kind, tool call) of one response that are counted apart. */
export const lanesMax: u32 = 128;

/** Text of one choice held back until its index is known, where a server writes it late. */
export const laneBacklogBytesMax: u32 = 65536;

/** One SSE event, or one open `model` value, held back while it may have to be changed. */
export const heldBytesMax: u32 = 1048576;

/**
 * Label sets of metrics kept apart (model, route, identity); further ones are counted as `other`.
 */
export const seriesMax: u32 = 1024;

/** Bytes of a metric's label value; more is cut. */
export const labelBytesMax: u32 = 128;

/** Bytes of an identity's name in log and metrics; a longer one is refused. */
export const identityBytesMax: u32 = 256;

/** Kept output buffers above this size are given back after use. */
export const scratchKeepBytes: u32 = 262144;

/** Unescaped bytes kept of a member's name; a longer one is none that we look for. */
export const jsonNameBytesMax: u32 = 64;

/** Bytes kept of a number's text: 20 digits of a u64 and room for a sign, fraction and exponent. */
export const jsonNumberBytesMax: u32 = 32;

/** Bytes kept of an `event:` value; the longest that a dialect uses is under 50. */
export const sseTypeBytesMax: u32 = 64;

/** Plugin configuration: 10,000 known keys take under 1 MB. */
export const configBytesMax: u32 = 4194304;

/** Values in a plugin configuration: each is a managed object, so this bounds the VM's growth. */
export const configValuesMax: u32 = 131072;

/** Containers open at once in a plugin configuration; the schema goes 6 deep. */
export const configDepthMax: u32 = 16;

/** Mistakes of a configuration that are listed; more are counted. */
export const configErrorsMax: i32 = 64;

/** Characters of a member's name shown in an error's path. */
export const pathStepMax: i32 = 80;

/** Bytes of a header's name; the longest registered one has 35. */
export const headerNameBytesMax: u32 = 128;

/** Bytes of an upstream's URL. */
export const urlBytesMax: u32 = 2048;

/** Targets of one model: each request walks them to choose. */
export const targetsMax: u32 = 64;

/** Identity sources: each is asked in turn for every request. */
export const identitySourcesMax: u32 = 16;

/** Weight of a target: finer than any share one can observe. */
export const weightMax: u64 = 1000000;

/** Tokens of a context window; a hundred times the largest public one. */
export const contextWindowMax: u64 = 1000000000;

/**
 * Tokens that one answer may be said to have cost; Envoy's rate limit filter drops a charge above
 * it, and a thousand such charges still fit every counter.
 */
export const usageTokensMax: u64 = 1000000000;

/** Least and most of `attach.bodyBytesMax`: below, no real request fits; above, hosts refuse. */
export const bodyBytesLeast: u64 = 1024;
export const bodyBytesMost: u64 = 67108864;
export const bodyBytesDefault: u32 = 1048576;

/** USD per million tokens. With nine decimals this has 16 digits, which a control plane's double
 * (53 bits) still carries unchanged, and is a thousand times the dearest public price. */
export const usdPerMillionMax: u64 = 1000000;

/** The largest integer that a control plane's double carries unchanged (2^53). */
export const exactIntegerMax: u64 = 9007199254740992;

/** A backend group's name: it goes into a header that routes match on. */
export const routeBytesMax: u32 = 256;

/**
 * What is kept of a text whose end decides where a piece ended: a caseless letter and then only
 * capitals, or a newline and then only blanks. A longer one is cut, and no longer exact.
 */
export const pieceBytesMax: u32 = 65536;

/** Tokens, or bytes, merged at once: the longest tokens have 128 bytes, and memory stays small. */
export const mergeWindowBytes: u32 = 256;

/**
 * What arrives of a text is gathered up to this, so that tiny chunks are counted as fast as large
 * ones; an end that stays undecided is looked at again each time it has doubled.
 */
export const carryScanBytes: u32 = 512;

/** Text buffers of one VM together: far more than slices need, and far below what a VM can have. */
export const countBuffersBytesMax: u32 = 67108864;

/** Texts counted at once by the module's callers; their table has at most 1 MB. */
export const countStreamsMax: u32 = 65536;

/**
 * Spans of text whose counts are remembered, and how many share one place of the table: 384 KiB,
 * for some hundred conversations of 60 messages. Eight, so that payers who meet there share evenly.
 */
export const memoEntries: u32 = 16384;
export const memoWays: u32 = 8;

/** A shorter text is counted at once: to look it up in vain would take a tenth of that time. */
export const memoSpanBytesMin: u32 = 96;

/**
 * A longer text is remembered in segments: the first place behind this many bytes where a cut is
 * certain not to change the count, sought for as far as `memoSeekBytes`. Both together are the most
 * that is held of an open request, where its text and the host's chunks overlap.
 */
export const memoSegmentBytes: u32 = 16384;
export const memoSeekBytes: u32 = 4096;

/** Minutes after which a span that nobody sent again is anybody's to replace: a long pause. */
export const memoIdleMinutes: u32 = 16;

/** The longest special token, and the longest run of U+2581 that is one: 31 of three bytes. */
export const specialBytesMax: u32 = 96;

/**
 * Characters that can act on each other in normalisation, at a time: text in use has few marks on
 * one letter, and sorting more would take long.
 */
export const normalCharsMax: u32 = 64;

/** Vocabularies that one module can carry; there are fewer than this. */
export const vocabulariesMax: u32 = 16;

/** Decoded bytes of an image that are looked at for its size: color profiles stand before it. */
export const mediaHeaderBytesMax: u32 = 262144;

/** Tokens that a policy may take an image for: more than any public model does. */
export const imageTokensMax: u64 = 1000000;

/** A piece that is still open after this is counted as it goes on, and not kept. */
export const longRunBytesMin: u32 = 1024;
