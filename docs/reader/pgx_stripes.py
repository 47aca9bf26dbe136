"""Payloads of DATA frames to rows: docs/stripes.md, whose sections are named."""

import datetime
import struct

from pgx_codecs import Damaged, Newer, decompress, need

U64 = (1 << 64) - 1
RAW_MAX = 8 << 20
TEXT, BINARY = 2, 3  # payload encodings of docs/archive-format.md, section 4
CONSTANT, INLINE = 4, 5
NULL, ODD = 254, 255
EPOCH = datetime.date(1970, 1, 1).toordinal()


class Reader:
    """Takes numbers and bytes from the front of some bytes (section 1)."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        need(self.at < len(self.data), "stripes are cut off")
        self.at += 1
        return self.data[self.at - 1]

    def take(self, count):
        need(count <= len(self.data) - self.at, "stripes are cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def u(self, most=U64):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            need(value <= most, "a number is out of bounds")
            if byte < 128:
                return value
            need(shift < 64, "a number is too long")

    def s(self):
        value = self.u()
        return value >> 1 ^ -(value & 1)


class Stream:
    """A stream of the directory: known by its tag and length, loaded later (section 3)."""

    def __init__(self, tag, length):
        self.form, self.v, self.length = tag & 7, tag >> 3, length
        self.bytes = None

    def take(self, head, tail):
        if self.form == CONSTANT:
            need(self.v < 256, "a constant is no byte")
            self.bytes = bytes([self.v]) * self.length
        elif self.form == INLINE:
            need(self.v == 0, "a stream in the head has a number")
            self.bytes = head.take(self.length)
        elif self.form > INLINE:
            raise Newer(f"stream form {self.form} is not known")
        else:
            self.bytes = decompress(self.form, tail.take(self.v), self.length)


class Payload:
    """What is read of a payload: the directory, and its streams in the order of their tags."""

    def __init__(self, head, raw_length, held):
        self.head, self.raw_length, self.held = head, raw_length, held
        self.streams = []

    def stream(self, length):
        stream = Stream(self.head.u(), length)
        if stream.form != CONSTANT:
            self.hold(length)
        self.streams.append(stream)
        return stream

    def hold(self, length):
        self.held -= length
        need(self.held >= 0, "streams are longer than allowed")

    def sized_stream(self):
        return self.stream(self.head.u(2 * RAW_MAX + (64 << 10)))

    def numbers(self, count):
        """Section 4; gives a function, to be called when streams are loaded."""
        first_byte = self.head.byte()
        width, steps = first_byte & 15, first_byte & 16
        need(width <= 8 and first_byte < 32, "numbers have no such width")
        least = self.head.s()
        first = self.head.s() if steps else 0
        planes = [self.stream(count) for _ in range(width)]
        return lambda: _numbers(planes, count, least, first if steps else None)

    def column(self, encoding, rows):
        """Section 5; gives a function that makes the list of fields, NULL being None."""
        plan = self.head.byte()
        if plan not in _PLANS:
            raise Newer(f"stripe plan {plan} is not known")
        encodings, read = _PLANS[plan]
        need(encoding in encodings, "a plan does not fit the form of rows")
        SEEN.add(("plan", plan))
        return read(self, rows)

    def coded(self, rows, render):
        kinds, numbers = self.stream(rows), self.numbers(rows)
        odd_count = self.head.u(rows)
        odd_lengths = odd_bytes = None
        if odd_count:
            odd_lengths, odd_bytes = self.numbers(odd_count), self.sized_stream()

        def fields():
            odd = _split(odd_lengths(), odd_bytes.bytes) if odd_count else []
            need(None not in odd, "an odd field is NULL")
            need(kinds.bytes.count(ODD) == odd_count, "odd fields are missing")
            odd = iter(odd)
            out = []
            for kind, number in zip(kinds.bytes, numbers()):
                if kind == NULL:
                    out.append(None)
                else:
                    out.append(next(odd) if kind == ODD else render(kind, number))
            return out
        return fields


# Layouts, plans and stream forms that were met: tests ask whether all were.
SEEN = set()


def _numbers(planes, count, least, first):
    columns = [plane.bytes for plane in planes]
    values = [int.from_bytes(digits, "little") for digits in zip(*columns)] or [0] * count
    if first is None:
        return [_signed(least + value) for value in values]
    out, value = [], first
    for number, step in enumerate(values):
        value = value + least + step if number else first
        out.append(_signed(value))
    return out


def _signed(value):
    value &= U64
    return value - (1 << 64) if value >> 63 else value


def _split(lengths, data):
    """Fields of these lengths, one after the other; -1 is NULL."""
    fields, at = [], 0
    for length in lengths:
        need(-1 <= length <= len(data) - at, "fields are longer than their bytes")
        fields.append(None if length < 0 else data[at:at + length])
        at += max(length, 0)
    need(at == len(data), "bytes of a column are left over")
    return fields


def _bytes_column(payload, rows):
    lengths, values = payload.numbers(rows), payload.sized_stream()
    return lambda: _split(lengths(), values.bytes)


def _dictionary_column(payload, rows):
    places, head = payload.numbers(rows), payload.head
    entries = [head.take(head.u(RAW_MAX)) for _ in range(head.u(255))]

    def fields():
        numbers = places()
        need(all(-1 <= place < len(entries) for place in numbers), "no such entry")
        return [None if place < 0 else entries[place] for place in numbers]
    return fields


def _groups_column(payload, rows):
    size = payload.head.byte()
    need(1 <= size <= 16, "a group has no such number of bytes")
    lengths = payload.numbers(rows)
    count = payload.head.u(RAW_MAX // size)
    payload.hold(count * size)
    planes = [payload.stream(count) for _ in range(size)]
    rests = payload.sized_stream()

    def fields():
        joined = bytearray(count * size)
        for number, plane in enumerate(planes):
            joined[number::size] = plane.bytes
        numbers = lengths()
        need(min(numbers) >= -1, "a length is negative")
        whole = _split([n - n % size if n > 0 else n for n in numbers], bytes(joined))
        rest = _split([n % size if n > 0 else n for n in numbers], rests.bytes)
        return [None if a is None else a + b for a, b in zip(whole, rest)]
    return fields


def _integer_column(payload, rows):
    width = payload.head.byte()
    need(width in (1, 2, 4, 8), "integers have no such width")

    def render(kind, number):
        need(kind == 0, "an integer has no such kind")
        return (number & (1 << 8 * width) - 1).to_bytes(width, "big")
    return payload.coded(rows, render)


def _numeric(scale, number):
    """The send form: count of digits of base 10000, weight, sign, display scale; digits."""
    need(scale <= 18 and abs(number) <= 10 ** 15, "a numeric is out of bounds")
    # Whole groups of four digits on both sides of the point.
    fraction = -scale % 4
    value, digits = abs(number) * 10 ** fraction, []
    weight = -(scale + fraction) // 4
    while value:
        value, digit = divmod(value, 10000)
        digits.insert(0, digit)
    weight += len(digits) - 1
    while digits and digits[-1] == 0:
        digits.pop()
    sign = 0x4000 if number < 0 else 0
    weight = weight if digits else 0
    return struct.pack(f">HhHH{len(digits)}H", len(digits), weight, sign, scale, *digits)


def _decimal(scale, number):
    need(scale <= 18, "a decimal is out of bounds")
    digits = str(abs(number)).rjust(scale + 1, "0")
    sign = "-" if number < 0 else ""
    point = f".{digits[-scale:]}" if scale else ""
    return (sign + digits[:len(digits) - scale] + point).encode()


def _date(kind, number):
    need(kind == 0 and 1 <= number + EPOCH <= 3652059, "a date is out of bounds")
    return datetime.date.fromordinal(number + EPOCH).isoformat().encode()


def _timestamp_column(payload, rows):
    length = payload.head.byte()
    need(length <= 9, "a zone is too long")
    zone = bytes(payload.head.take(length))

    def render(kind, number):
        seconds, micros = divmod(number, 1000000)
        days, seconds = divmod(seconds, 86400)
        time = b"%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
        fraction = (b".%06d" % micros).rstrip(b"0") if micros else b""
        return _date(kind, days) + b" " + time + fraction + zone
    return payload.coded(rows, render)


# By number: the encodings a plan is for, and its reader.
_PLANS = {
    0: ((TEXT, BINARY), _bytes_column),
    1: ((TEXT, BINARY), _dictionary_column),
    2: ((TEXT, BINARY), _groups_column),
    3: ((BINARY,), _integer_column),
    4: ((BINARY,), lambda payload, rows: payload.coded(rows, _numeric)),
    5: ((TEXT,), lambda payload, rows: payload.coded(rows, _decimal)),
    6: ((TEXT,), _timestamp_column),
    7: ((TEXT,), lambda payload, rows: payload.coded(rows, _date)),
}


def decode(payload, encoding, raw_length):
    """The chunk's bytes (section 2)."""
    need(raw_length <= RAW_MAX and 2 <= len(payload) <= raw_length + 2, "a length is out of bounds")
    layout = payload[0]
    SEEN.add(("layout", layout))
    if layout == 0:
        SEEN.add(("form", payload[1]))
        return decompress(payload[1], payload[2:], raw_length)
    if layout > 2:
        raise Newer(f"stripe layout {layout} is not known")
    need(layout == (1 if encoding == TEXT else 2), "stripes are of the other form of rows")
    columns = _columns(payload[1:], encoding, raw_length)
    raw = _text_rows(columns) if encoding == TEXT else _binary_rows(columns)
    need(len(raw) == raw_length, "rows have another length")
    return raw


def _columns(stripes, encoding, raw_length):
    tail = Reader(stripes)
    held = 2 * raw_length + (64 << 10)
    head_length, tag = tail.u(held), tail.u()
    SEEN.add(("form", tag & 7))
    head = Reader(decompress(tag & 7, tail.take(tag >> 3), head_length))
    rows, columns = head.u(raw_length), head.u(2048)
    need(rows * columns and rows * columns <= raw_length, "there are more fields than bytes")
    payload = Payload(head, raw_length, held - head_length)
    makers = [payload.column(encoding, rows) for _ in range(columns)]
    for stream in payload.streams:
        SEEN.add(("form", stream.form))
        stream.take(head, tail)
    need(head.at == len(head.data) and tail.at == len(tail.data), "bytes follow the streams")
    return [make() for make in makers]


def _text_rows(columns):
    rows = (b"\t".join(b"\\N" if field is None else field for field in row)
            for row in zip(*columns))
    return b"".join(row + b"\n" for row in rows)


def _binary_rows(columns):
    count = struct.pack(">H", len(columns))
    null, out = struct.pack(">i", -1), []
    for row in zip(*columns):
        out.append(count)
        for field in row:
            out.append(null if field is None else struct.pack(">i", len(field)) + field)
    return b"".join(out)


# --- rows (docs/archive-format.md, section 8) ---------------------------------------------------

def split_rows(raw, encoding):
    """Whole rows, and what is left of one that goes on: text rows without their line feed."""
    if encoding == TEXT:
        *rows, rest = raw.split(b"\n")
        return rows, rest
    rows, at = [], 0
    while at < len(raw):
        end = _tuple_end(raw, at)
        if end is None:
            break
        rows.append(raw[at:end])
        at = end
    return rows, raw[at:]


def _tuple_end(raw, at):
    """Where the tuple ends that begins there; None if it is cut off."""
    if at + 2 > len(raw):
        return None
    count, end = int.from_bytes(raw[at:at + 2], "big", signed=True), at + 2
    need(count >= 0, "a tuple has a negative count of fields")
    for _ in range(count):
        if end + 4 > len(raw):
            return None
        length = int.from_bytes(raw[end:end + 4], "big", signed=True)
        need(length >= -1, "a field has a negative length")
        end += 4 + max(length, 0)
    return end if end <= len(raw) else None


def tuple_fields(row):
    """The fields of a tuple."""
    fields, at = [], 2
    for _ in range(int.from_bytes(row[:2], "big")):
        length = int.from_bytes(row[at:at + 4], "big", signed=True)
        at += 4
        fields.append(None if length < 0 else row[at:at + length])
        at += max(length, 0)
    return fields
