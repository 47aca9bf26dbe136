"""Decompression: zstd (RFC 8878), deflate, LZ4 blocks. Plain rather than fast."""

import zlib


class Damaged(Exception):
    """What is read contradicts itself or the specification."""


class Newer(Damaged):
    """What is read is of a later version of the format."""


def need(condition, what):
    if not condition:
        raise Damaged(what)


def decompress(form, stored, length):
    """`length` bytes from all of `stored`; forms are those of docs/stripes.md, section 3."""
    if form not in _METHODS:
        raise Newer(f"compression {form} is not known")
    try:
        raw = _METHODS[form](stored, length)
    except IndexError:
        raise Damaged("compressed bytes are cut off") from None
    need(len(raw) == length, "compressed bytes have another length")
    return raw


def _stored(stored, length):
    return bytes(stored)


def _inflate(stored, length):
    inflater = zlib.decompressobj(wbits=-15)
    try:
        raw = inflater.decompress(stored, length) if length else b""
        # The end of the stream may be a block of no bytes.
        raw += inflater.decompress(inflater.unconsumed_tail, 1)
    except zlib.error as error:
        raise Damaged(f"deflate: {error}") from None
    need(inflater.eof and not inflater.unused_data, "deflate: not exactly one stream")
    return raw


def _copy(out, offset, length):
    """A match, which may overlap what it makes."""
    need(0 < offset <= len(out), "a match begins before the data")
    start = len(out) - offset
    if offset >= length:
        out += out[start:start + length]
    else:
        period = bytes(out[start:])
        out += (period * (length // offset + 1))[:length]


def _lz4(stored, length):
    out, at = bytearray(), 0

    def extended(value):
        nonlocal at
        while value >= 15:
            byte = stored[at]
            at += 1
            value += byte
            if byte != 255:
                break
        return value

    while True:
        token = stored[at]
        at += 1
        literals = extended(token >> 4)
        need(at + literals <= len(stored), "lz4: literals are cut off")
        out += stored[at:at + literals]
        at += literals
        if at == len(stored):
            return bytes(out)
        offset = stored[at] | stored[at + 1] << 8
        at += 2
        match = extended(token & 15) + 4
        need(len(out) + match <= length, "lz4: more bytes than allowed")
        _copy(out, offset, match)


# --- zstd ---------------------------------------------------------------------------------------

_WINDOW = 8 << 20
_BLOCK = 128 << 10
_LITERAL_LENGTHS = [(n, 0) for n in range(16)] + [
    (16, 1), (18, 1), (20, 1), (22, 1), (24, 2), (28, 2), (32, 3), (40, 3), (48, 4), (64, 6),
    (128, 7), (256, 8), (512, 9), (1024, 10), (2048, 11), (4096, 12), (8192, 13), (16384, 14),
    (32768, 15), (65536, 16)]
_MATCH_LENGTHS = [(n, 0) for n in range(3, 35)] + [
    (35, 1), (37, 1), (39, 1), (41, 1), (43, 2), (47, 2), (51, 3), (59, 3), (67, 4), (83, 4),
    (99, 5), (131, 7), (259, 8), (515, 9), (1027, 10), (2051, 11), (4099, 12), (8195, 13),
    (16387, 14), (32771, 15), (65539, 16)]
_OFFSETS = [(1 << n, n) for n in range(32)]
_DEFAULT_LITERAL_LENGTHS = (
    [4, 3] + 11 * [2] + 3 * [1] + 9 * [2] + [3, 2] + 5 * [1] + 4 * [-1], 6)
_DEFAULT_MATCH_LENGTHS = ([1, 4, 3] + 6 * [2] + 37 * [1] + 7 * [-1], 6)
_DEFAULT_OFFSETS = (6 * [1] + 3 * [2] + 15 * [1] + 5 * [-1], 5)


class _Backward:
    """Bits from the end of a stream to its beginning; zeros stand before it."""

    def __init__(self, data):
        need(data and data[-1], "zstd: a bit stream has no end mark")
        self.data = bytes(8) + bytes(data)
        self.left = 8 * len(data) - 9 + data[-1].bit_length()

    def peek(self, count):
        at = self.left - count + 64
        need(at >= 0, "zstd: a bit stream is cut off")
        word = int.from_bytes(self.data[at >> 3:(at >> 3) + 8], "little")
        return word >> (at & 7) & (1 << count) - 1

    def take(self, count):
        bits = self.peek(count)
        self.left -= count
        return bits


def _fse_counts(data, most_log, most_symbols):
    """Normalised counts, accuracy log, bytes used (RFC 8878, 4.1.1)."""
    bits, at = int.from_bytes(data[:512], "little"), 4
    log = (bits & 15) + 5
    need(data and log <= most_log, "zstd: a table is too large")
    left, counts = (1 << log) + 1, []
    while left > 1:
        need(len(counts) < most_symbols, "zstd: a table has too many symbols")
        width = left.bit_length()
        value = bits >> at & (1 << width) - 1
        spare = (1 << width) - 1 - left
        if value & (1 << width - 1) - 1 < spare:
            value &= (1 << width - 1) - 1
            at += width - 1
        else:
            value -= spare if value >= 1 << width - 1 else 0
            at += width
        counts.append(value - 1)
        left -= abs(value - 1)
        while value == 1:
            repeat = bits >> at & 3
            at += 2
            counts += repeat * [0]
            if repeat < 3:
                break
    used = at + 7 >> 3
    need(left == 1 and used <= len(data) and len(counts) <= most_symbols, "zstd: a bad table")
    return counts, log, used


def _fse_table(counts, log):
    """Per state: symbol, bits to read, base of the next state."""
    size = 1 << log
    symbols, high = [None] * size, size - 1
    for symbol, count in enumerate(counts):
        if count == -1:
            symbols[high] = symbol
            high -= 1
    step, at = (size >> 1) + (size >> 3) + 3, 0
    for symbol, count in enumerate(counts):
        for _ in range(max(count, 0)):
            symbols[at] = symbol
            at = at + step & size - 1
            while at > high:
                at = at + step & size - 1
    following, table = [abs(count) for count in counts], []
    for symbol in symbols:
        number = following[symbol]
        following[symbol] += 1
        bits = log + 1 - number.bit_length()
        table.append((symbol, bits, (number << bits) - size))
    return table, log


def _huffman_weights(data):
    """Weights of all symbols but the last, and bytes used."""
    head = data[0]
    if head >= 128:
        count = head - 127
        used = 1 + (count + 1 >> 1)
        nibbles = [nibble for byte in data[1:used] for nibble in (byte >> 4, byte & 15)]
        return nibbles[:count], used
    counts, log, start = _fse_counts(data[1:1 + head], 6, 16)
    table, log = _fse_table(counts, log)
    bits, weights = _Backward(data[1 + start:1 + head]), []
    one, two = bits.take(log), bits.take(log)
    while True:
        symbol, width, base = table[one]
        weights.append(symbol)
        if bits.left < width:
            return weights + [table[two][0]], 1 + head
        one, two = two, base + bits.take(width)
        need(len(weights) < 255, "zstd: too many weights")


def _huffman_table(data):
    """Per prefix: symbol and its width; the bits of a prefix; bytes used."""
    weights, used = _huffman_weights(data)
    need(used <= len(data) and max(weights) <= 11, "zstd: bad weights")
    total = sum(1 << weight - 1 for weight in weights if weight)
    need(total, "zstd: no weights")
    most = total.bit_length()
    rest = (1 << most) - total
    need(rest & rest - 1 == 0 and most <= 11, "zstd: bad weights")
    weights.append(rest.bit_length())
    table = []
    for weight in range(1, most + 1):
        for symbol, own in enumerate(weights):
            if own == weight:
                table += [(symbol, most + 1 - weight)] * (1 << weight - 1)
    return table, most, used


def _huffman_stream(data, table, most, count):
    bits, out = _Backward(data), bytearray()
    for _ in range(count):
        symbol, width = table[bits.peek(most)]
        bits.left -= width
        out.append(symbol)
    need(bits.left == 0, "zstd: a literal stream has another length")
    return out


class _Zstd:
    """What one block hands on to the next."""

    def __init__(self, length):
        self.out, self.length = bytearray(), length
        self.huffman = None
        self.tables = [None, None, None]
        self.recent = [1, 4, 8]

    def block(self, data):
        literals, at = self.literals(data)
        count, at = self.sequence_count(data, at)
        if count == 0:
            need(at == len(data), "zstd: bytes follow the sequences")
            self.out += literals
            return
        modes = data[at]
        at += 1
        need(modes & 3 == 0, "zstd: reserved bits")
        kinds = ((6, _DEFAULT_LITERAL_LENGTHS, 9, 36), (4, _DEFAULT_OFFSETS, 8, 32),
                 (2, _DEFAULT_MATCH_LENGTHS, 9, 53))
        for number, (shift, default, log, symbols) in enumerate(kinds):
            at = self.table(number, modes >> shift & 3, data, at, (default, log, symbols))
        self.sequences(_Backward(data[at:]), count, literals)

    def literals(self, data):
        kind, size = data[0] & 3, data[0] >> 2 & 3
        if kind < 2:
            width, shift = ((1, 3), (2, 4), (1, 3), (3, 4))[size]
            count = int.from_bytes(data[:width], "little") >> shift
            need(count <= _BLOCK, "zstd: too many literals")
            if kind == 1:
                return bytes([data[width]]) * count, width + 1
            need(width + count <= len(data), "zstd: literals are cut off")
            return data[width:width + count], width + count
        width, bits = ((3, 10), (3, 10), (4, 14), (5, 18))[size]
        head = int.from_bytes(data[:width], "little") >> 4
        count, packed = head & (1 << bits) - 1, head >> bits
        need(count <= _BLOCK and width + packed <= len(data), "zstd: literals are cut off")
        part = data[width:width + packed]
        if kind == 2:
            *self.huffman, used = _huffman_table(part)
            part = part[used:]
        need(self.huffman, "zstd: no table for literals")
        return self.streams(part, count, 1 if size == 0 else 4), width + packed

    def streams(self, part, count, number):
        table, most = self.huffman
        if number == 1:
            return _huffman_stream(part, table, most, count)
        each, out, at = count + 3 >> 2, bytearray(), 6
        sizes = [part[i] | part[i + 1] << 8 for i in (0, 2, 4)]
        need(6 + sum(sizes) < len(part) and count >= 3 * each, "zstd: bad stream sizes")
        for size in sizes:
            out += _huffman_stream(part[at:at + size], table, most, each)
            at += size
        return out + _huffman_stream(part[at:], table, most, count - 3 * each)

    @staticmethod
    def sequence_count(data, at):
        first = data[at]
        if first < 128:
            return first, at + 1
        if first < 255:
            return (first - 128 << 8) + data[at + 1], at + 2
        return data[at + 1] + (data[at + 2] << 8) + 0x7F00, at + 3

    def table(self, number, mode, data, at, limits):
        default, log, symbols = limits
        if mode == 0:
            self.tables[number] = _fse_table(*default)
        elif mode == 1:
            need(data[at] < symbols, "zstd: an unknown symbol")
            self.tables[number] = [(data[at], 0, 0)], 0
            at += 1
        elif mode == 2:
            counts, log, used = _fse_counts(data[at:], log, symbols)
            self.tables[number] = _fse_table(counts, log)
            at += used
        need(self.tables[number], "zstd: no table to repeat")
        return at

    def sequences(self, bits, count, literals):
        tables = [table for table, _ in self.tables]
        states = [bits.take(log) for _, log in self.tables]
        at = 0
        for number in range(count):
            length, offset, match = (table[state] for table, state in zip(tables, states))
            base, extra = _OFFSETS[offset[0]]
            distance = base + bits.take(extra)
            base, extra = _MATCH_LENGTHS[match[0]]
            copied = base + bits.take(extra)
            base, extra = _LITERAL_LENGTHS[length[0]]
            taken = base + bits.take(extra)
            if number + 1 < count:
                for which, (_, width, base) in ((0, length), (2, match), (1, offset)):
                    states[which] = base + bits.take(width)
            need(at + taken <= len(literals), "zstd: more literals than there are")
            self.out += literals[at:at + taken]
            at += taken
            need(len(self.out) + copied <= self.length, "zstd: more bytes than declared")
            _copy(self.out, self.distance(distance, taken), copied)
        need(bits.left == 0, "zstd: sequences have another length")
        self.out += literals[at:]

    def distance(self, value, taken):
        if value > 3:
            self.recent = [value - 3, *self.recent[:2]]
            return value - 3
        place = value - 1 + (taken == 0)
        found = self.recent[place] if place < 3 else self.recent[0] - 1
        rest = [offset for i, offset in enumerate(self.recent) if i != min(place, 2)]
        self.recent = [found, *rest]
        return found


def _zstd(stored, length):
    need(stored[:4] == b"\x28\xb5\x2f\xfd", "zstd: not a frame")
    flags, at = stored[4], 5
    single = flags >> 5 & 1
    need(flags & 0b1111 == 0, "zstd: a checksum, a dictionary or a reserved bit")
    window = length
    if not single:
        window = 1 << 10 + (stored[at] >> 3)
        window += window // 8 * (stored[at] & 7)
        at += 1
    width = (1 if single else 0, 2, 4, 8)[flags >> 6]
    need(width and at + width <= len(stored), "zstd: no content size")
    declared = int.from_bytes(stored[at:at + width], "little") + (256 if width == 2 else 0)
    need(declared == length and window <= _WINDOW, "zstd: another content size, or a large window")
    return _zstd_blocks(stored, at + width, length)


def _zstd_blocks(stored, at, length):
    state, last = _Zstd(length), False
    while not last:
        need(at + 3 <= len(stored), "zstd: a block is cut off")
        head = int.from_bytes(stored[at:at + 3], "little")
        last, kind, size = head & 1, head >> 1 & 3, head >> 3
        at += 3
        taken = 1 if kind == 1 else size
        need(at + taken <= len(stored) and size <= _BLOCK, "zstd: a block is cut off")
        if kind == 2:
            state.block(stored[at:at + taken])
        else:
            need(kind < 2, "zstd: a reserved block type")
            state.out += stored[at:at + 1] * size if kind else stored[at:at + size]
        at += taken
        need(len(state.out) <= length, "zstd: more bytes than declared")
    need(at == len(stored), "zstd: bytes follow the frame")
    return bytes(state.out)


_METHODS = {0: _stored, 1: _zstd, 2: _inflate, 3: _lz4}
