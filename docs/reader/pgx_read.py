#!/usr/bin/env python3
"""Reads archives of pgx: a second implementation of docs/archive-format.md and docs/stripes.md.

    pgx_read.py ARCHIVE                      what the archive says of itself, entries, streams
    pgx_read.py ARCHIVE --verify             every byte, every checksum, every count and sum
    pgx_read.py ARCHIVE --rows SCHEMA.TABLE  rows: COPY text as it is, binary fields rendered
    pgx_read.py ARCHIVE --json               everything verified, and listed with digests of rows
    pgx_read.py CLUSTER --database NAME …    the same of a database in a cluster archive

Needs Python 3.8 and nothing else. It is here to prove that the format can be read by its
specification alone, and is plain rather than fast: a megabyte takes seconds. It says what is wrong
on stderr and exits with 1 for a damaged archive.
"""

import argparse
import json
import os
import struct
import sys
from collections import namedtuple

from pgx_checksums import blake3, crc32c, xxh3_64, xxh3_128
from pgx_codecs import Damaged, Newer, decompress, need
from pgx_stripes import TEXT, decode, split_rows, tuple_fields

MAGIC, END_MAGIC, SYNC = b"\x89PGX\r\n\x1a\n", b"\x89PGXEND\n", b"PGXf"
CLUSTER_MAGIC, CLUSTER_END, DIRECTORY = b"\x89PGXC\r\n\x1a", b"\x89PGXCEND", b"\x89PGXDIR\n"
LIST = 16 << 20
META, TOC, DATA, STREAM_END, INDEX, FOOTER, OPTIONAL = 1, 2, 3, 5, 6, 7, 128
CBOR, BINARY = 0, 3
CONTINUED = 1
DATA_RAW, CONTROL_RAW, OPTIONAL_STORED = 8 << 20, 1 << 20, 8 << 20
ITEM, TOC_RAW = 64 << 20, 1 << 30
NESTED = 64

HEADER = struct.Struct("<8sHHI16sQQI8sI")
FRAME = struct.Struct("<4s4B6I2Q2I")
TAIL = struct.Struct("<QQ16sQQII8s")

Header = namedtuple("Header", "magic major minor length uuid incompatible compatible chunk "
                              "reserved crc")
Frame = namedtuple("Frame", "sync type codec encoding flags stream range sequence items stored raw "
                            "number raw_hash payload_crc crc")
Tail = namedtuple("Tail", "footer_offset footer_length uuid file_length frames reserved crc magic")
Record = namedtuple("Record", "number offset type stream range sequence items continued stored raw "
                              "digest end")
Control = namedtuple("Control", "type number offset length digest")
Member = namedtuple("Member", "content database offset length uuid")


# --- CBOR (RFC 8949) ----------------------------------------------------------------------------

class Cbor:
    """Items from the front of some bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(count <= len(self.data) - self.at, "CBOR is cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def argument(self, low):
        if low < 24:
            return low
        need(low < 28, "CBOR of indefinite length, or a reserved form")
        return int.from_bytes(self.take(1 << low - 24), "big")

    def item(self, depth=0):
        need(depth < NESTED, "CBOR is nested too deeply")
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if major == 7:
            return self.simple(low)
        value = self.argument(low)
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major == 2:
            return bytes(self.take(value))
        if major == 3:
            try:
                return bytes(self.take(value)).decode("utf-8")
            except UnicodeDecodeError:
                raise Damaged("text is not UTF-8") from None
        need(value <= len(self.data) - self.at, "CBOR says more items than there are bytes")
        if major == 4:
            return [self.item(depth + 1) for _ in range(value)]
        if major == 5:
            return {self.item(depth + 1): self.item(depth + 1) for _ in range(value)}
        return self.item(depth + 1)

    def simple(self, low):
        if low in (20, 21, 22, 23):
            return {20: False, 21: True}.get(low)
        widths = {24: (1, None), 25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}
        need(low in widths, "CBOR with a reserved form")
        width, form = widths[low]
        value = self.take(width)
        return struct.unpack(form, value)[0] if form else None


def items(data):
    """A CBOR sequence."""
    reader = Cbor(data)
    try:
        found = []
        while reader.at < len(data):
            found.append(reader.item())
        return found
    except TypeError:
        raise Damaged("a CBOR map has a key that is no scalar") from None


def one_map(data):
    found = items(data)
    need(len(found) == 1 and isinstance(found[0], dict), "a frame does not hold exactly one map")
    return found[0]


# --- the model (docs/archive-format.md, sections 6 and 7) ---------------------------------------

META_KEYS = ("pgx_version", "server_version", "server_version_text", "encoding", "database",
             "started_unix", "has_schema", "has_data", "request", "chunk_bytes", "compression",
             "has_statistics", "content")
ENTRY_KEYS = ("id", "kind", "section", "catalog", "name", "on", "address", "owner", "tablespace",
              "access_method", "create", "drop", "acl", "comments", "deps", "data", "sequence",
              "needs_in_target", "version", "partitioned", "large_objects", "labels",
              "toast_compression", "role_slots", "global")
DATA_KEYS = ("columns", "filter", "via_root", "bytes_estimate", "extension_config", "format",
             "foreign")
COLUMN_KEYS = ("name", "type_name", "type_oid", "shape")
LEAVES = set("""
    bool bytea char name int8 int2 int2vector int4 text oid tid xid cid oidvector json xml point
    lseg path box polygon line float4 float8 circle macaddr8 money macaddr inet cidr bpchar varchar
    date time timestamp timestamptz interval timetz bit varbit numeric refcursor uuid txid_snapshot
    pg_lsn tsvector tsquery jsonb jsonpath pg_snapshot xid8 oid8
    enum hstore ltree lquery ltxtquery citext cube
    geometry geography vector halfvec sparsevec""".split())
FLOATS = {700, 701, 600, 601, 602, 603, 604, 628, 718,
          1021, 1022, 1017, 1018, 1019, 1020, 1027, 629, 719}
SECTIONS = ("pre-data", "data", "post-data")
KINDS = dict(enumerate((
    "SCHEMA", "EXTENSION", "PROCEDURAL LANGUAGE", "COLLATION", "TRANSFORM", "SHELL TYPE", "TYPE",
    "DOMAIN", "CAST", "FUNCTION", "PROCEDURE", "AGGREGATE", "ACCESS METHOD", "OPERATOR",
    "OPERATOR FAMILY", "OPERATOR CLASS", "CONVERSION", "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE", "TEXT SEARCH DICTIONARY", "TEXT SEARCH CONFIGURATION",
    "FOREIGN DATA WRAPPER", "SERVER", "USER MAPPING", "TABLE", "FOREIGN TABLE", "VIEW",
    "MATERIALIZED VIEW", "SEQUENCE", "SEQUENCE OWNED BY", "TABLE ATTACH", "DEFAULT", "TABLE DATA",
    "SEQUENCE SET", "LARGE OBJECT METADATA", "LARGE OBJECTS", "STATISTICS DATA", "CONSTRAINT",
    "CHECK CONSTRAINT", "INDEX", "INDEX ATTACH", "STATISTICS", "RULE", "TRIGGER", "FK CONSTRAINT",
    "ROW SECURITY", "POLICY", "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA",
    "SUBSCRIPTION", "DEFAULT ACL", "EVENT TRIGGER", "MATERIALIZED VIEW DATA", "ROLE",
    "ROLE MEMBERSHIP", "ROLE SETTING", "TABLESPACE", "PARAMETER ACL"), 1))


def named(found, keys):
    """A CBOR map with words for its keys; what is missing is None, what is unknown is left out."""
    need(isinstance(found, dict), "a map is something else")
    return {word: found.get(number) for number, word in enumerate(keys)}


def entry_of(found):
    entry = named(found, ENTRY_KEYS)
    need(entry["id"] and entry["name"], "an entry has no id or name")
    if entry["kind"] not in KINDS or entry["section"] not in range(3):
        raise Newer(f"entries of kind {entry['kind']} are not known")
    if entry["data"] is not None:
        data = named(entry["data"], DATA_KEYS)
        data["columns"] = [named(column, COLUMN_KEYS) for column in data["columns"]]
        data["format"] = data["format"] or 0
        for column in data["columns"]:
            if column["shape"] is not None and not is_shape(column["shape"]):
                raise Newer(f"the type {column['shape']} is not known")
        entry["data"] = data
    return entry


def is_shape(shape, deepest=4):
    outer, bracket, inner = shape.partition("(")
    if not bracket:
        return shape in LEAVES
    return (outer in ("array", "range", "multirange") and inner.endswith(")") and deepest > 0
            and is_shape(inner[:-1], deepest - 1))


def label(name):
    """A name with its schema, if it has one."""
    schema, own = name
    return own if schema is None else f"{schema}.{own}"


# --- the archive --------------------------------------------------------------------------------

class Bytes:
    """A file, or a part of one, that begins with a header and ends with a tail."""

    magic, end_magic = MAGIC, END_MAGIC

    def __init__(self, path, base=0, length=None):
        self.file, self.base = open(path, "rb"), base
        self.length = os.fstat(self.file.fileno()).st_size if length is None else length
        self.header = self.read_header()
        self.tail = self.read_tail()

    def at(self, offset, length):
        need(offset + length <= self.length, "the archive is cut off")
        self.file.seek(self.base + offset)
        return self.file.read(length)

    def read_header(self):
        start = self.at(0, min(HEADER.size, self.length))
        need(start[:8] == self.magic, "not an archive of pgx")
        need(len(start) == HEADER.size, "the archive is cut off")
        header = Header(*HEADER.unpack(start))
        need(crc32c(start[:60]) == header.crc, "the header does not match its checksum")
        if header.major != 1 or header.incompatible:
            raise Newer(f"version {header.major}, features {header.incompatible:#x}")
        need(header.length == 64 and not any(header.reserved), "impossible values in the header")
        return header

    def read_tail(self):
        need(self.length >= HEADER.size + TAIL.size, "the archive is cut off")
        end = self.at(self.length - TAIL.size, TAIL.size)
        tail = Tail(*TAIL.unpack(end))
        need(tail.magic == self.end_magic, "the archive does not end in a tail: cut off, or added to")
        need(crc32c(end[:52]) == tail.crc and tail.reserved == 0, "the tail is damaged")
        need(tail.uuid == self.header.uuid, "the tail is that of another archive")
        need(tail.file_length == self.length, "the tail says another length")
        return tail


class Archive(Bytes):
    """All but the body is read and checked at once, rows when asked for."""

    def __init__(self, path, base=0, length=None):
        super().__init__(path, base, length)
        self.footer, self.digest = self.read_footer()
        self.meta, self.entries, self.records = None, [], []
        self.read_controls([Control(*control) for control in self.footer[1]])
        self.by_id = {entry["id"]: entry for entry in self.entries}
        self.streams = self.check_body()

    def read_footer(self):
        offset, length = self.tail.footer_offset, self.tail.footer_length
        need(offset + length + TAIL.size == self.length, "the footer does not end at the tail")
        frame, payload = self.frame(offset)
        need(frame.type == FOOTER and frame.number + 1 == self.tail.frames, "no footer")
        footer = one_map(self.unpack(frame, payload))
        need(footer.get(0) == self.at(0, HEADER.size), "the footer has another header")
        need(footer.get(2) == frame.number, "the footer counts other frames")
        return footer, blake3(payload)

    def frame(self, offset):
        """A frame header and its payload, checked by themselves."""
        bytes_ = self.at(offset, FRAME.size)
        frame = Frame(*FRAME.unpack(bytes_))
        where = f"frame {frame.number} at byte {offset}"
        need(frame.sync == SYNC, f"no frame begins at byte {offset}")
        need(crc32c(self.header.uuid + bytes_[:52]) == frame.crc, f"{where}: frame header damaged")
        check_frame(frame, where)
        payload = self.at(offset + FRAME.size, frame.stored)
        need(crc32c(payload) == frame.payload_crc, f"{where}: payload damaged")
        return frame, payload

    @staticmethod
    def unpack(frame, payload):
        """The raw bytes of a control frame or STREAM_END."""
        raw = decompress(frame.codec, payload, frame.raw)
        need(xxh3_64(raw) == frame.raw_hash, f"frame {frame.number}: raw bytes damaged")
        return raw

    def read_controls(self, controls):
        types = [control.type for control in controls]
        need(types[:1] == [META] and sorted(types) == types and types.count(META) == 1
             and set(types) <= {META, TOC, INDEX}, "the control frames are out of order")
        self.controls = controls
        self.meta = named(one_map(self.control_bytes(controls[:1])[0]), META_KEYS)
        self.entries = [entry_of(found) for found in self.sequence(TOC, TOC_RAW)]
        ids = [entry["id"] for entry in self.entries]
        need(all(a < b for a, b in zip(ids, ids[1:])), "dump ids do not ascend")
        for found in self.sequence(INDEX, None):
            need(len(found) in (11, 12), "an index record has another length")
            self.records.append(Record(*found, *[None] * (12 - len(found))))
        self.check_layout()

    def control_bytes(self, controls):
        """Raw bytes of control frames, each compared with the footer; and their frames."""
        raws = []
        for control in controls:
            frame, payload = self.frame(control.offset)
            need((frame.type, frame.number, FRAME.size + frame.stored)
                 == (control.type, control.number, control.length)
                 and blake3(payload) == control.digest,
                 f"frame {control.number}: the footer says otherwise")
            raws.append(self.unpack(frame, payload))
            self.last = frame
        return raws

    def sequence(self, kind, limit):
        """The items of all frames of a kind."""
        found, pending, total = [], b"", 0
        for number, control in enumerate(c for c in self.controls if c.type == kind):
            raw = self.control_bytes([control])[0]
            need(self.last.sequence == number, f"frame {control.number}: a frame is missing")
            pending, total = pending + raw, total + len(raw)
            need(len(pending) <= ITEM + CONTROL_RAW, "an item is longer than allowed")
            need(limit is None or total <= limit, "the table of contents is too long")
            ended = [] if self.last.flags & CONTINUED else items(pending)
            need(len(ended) == self.last.items, f"frame {control.number}: another count of items")
            pending = pending if self.last.flags & CONTINUED else b""
            found += ended
        need(not pending, "the last item is not complete")
        return found

    def check_layout(self):
        """Header, frames, tail without gaps: every byte belongs to one of them."""
        before = [c for c in self.controls if c.type != INDEX]
        behind = [c for c in self.controls if c.type == INDEX]
        frames = [(c.number, c.offset, c.length) for c in before]
        frames += [(r.number, r.offset, FRAME.size + r.stored) for r in self.records]
        frames += [(c.number, c.offset, c.length) for c in behind]
        end = HEADER.size
        for place, (number, offset, length) in enumerate(frames):
            need((number, offset) == (place, end), f"frame {place} is not where it belongs")
            end += length
        need(end == self.tail.footer_offset and len(frames) == self.footer[2],
             "the frames do not end at the footer")

    def check_body(self):
        """The rules of keys and streams, of the index alone; the records of each stream."""
        has_rows = self.meta["has_data"] or self.meta["has_statistics"]
        due = {entry["id"] for entry in self.entries if entry["data"] is not None and has_rows}
        streams, ended, expected = {id_: [] for id_ in due}, {}, None
        for record in self.records:
            key = (record.stream, record.range, record.sequence)
            where = f"frame {record.number}"
            need(expected in (None, (record.type, *key)), f"{where}: a row does not go on")
            expected = None
            if record.type >= OPTIONAL:
                continue
            need(record.stream in self.by_id and record.stream not in ended, f"{where}: no stream")
            chunks = streams.setdefault(record.stream, [])
            if record.type == STREAM_END:
                need(key[1:] == (0, 0) and record.end is not None, f"{where}: a bad end")
                totals = (sum(c.items for c in chunks), sum(c.raw for c in chunks), len(chunks))
                need(tuple(record.end.get(i) for i in range(3)) == totals, f"{where}: other totals")
                ended[record.stream] = record
                continue
            need(record.type == DATA and record.end is None, f"{where}: not of the body")
            number = sum(c.range == record.range for c in chunks)
            need(record.sequence == number, f"{where}: chunk {number} of its range is missing")
            expected = (DATA, *key[:2], number + 1) if record.continued else None
            chunks.append(record)
        need(expected is None and ended.keys() == streams.keys(), "a stream has no end")
        chunks = [chunk for stream in streams.values() for chunk in stream]
        sums = [len(streams), len(chunks), *(sum(getattr(c, word) for c in chunks)
                                             for word in ("items", "raw", "stored"))]
        need([self.footer.get(i) for i in range(3, 8)] == sums, "the footer has other totals")
        order = sorted(streams)
        return {id_: (sorted(streams[id_], key=lambda c: (c.range, c.sequence)), ended[id_])
                for id_ in order}

    def body_frame(self, record):
        """A frame of the body, compared with its record."""
        frame, payload = self.frame(record.offset)
        said = (frame.number, frame.type, frame.stream, frame.range, frame.sequence, frame.items,
                frame.stored, frame.raw)
        listed = (record.number, record.type, record.stream, record.range, record.sequence,
                  record.items, record.stored, record.raw)
        need(said == listed and blake3(payload) == record.digest
             and bool(frame.flags & CONTINUED) == record.continued,
             f"frame {record.number}: the index says otherwise")
        return frame, payload

    def chunks(self, stream):
        """(record, raw bytes) of a stream, in row order."""
        form = self.by_id[stream]["data"]["format"]
        for record in self.streams[stream][0]:
            frame, payload = self.body_frame(record)
            need(frame.encoding == form + TEXT, f"frame {record.number}: not the entry's format")
            try:
                raw = decode(payload, frame.encoding, frame.raw)
            except Damaged as error:
                raise type(error)(f"frame {record.number}: {error}") from None
            need(xxh3_64(raw) == frame.raw_hash, f"frame {record.number}: rows damaged")
            yield record, raw

    def rows(self, stream):
        """Every row of a stream; text rows without their line feed."""
        rest = b""
        encoding = self.by_id[stream]["data"]["format"] + TEXT
        for record, raw in self.chunks(stream):
            rows, rest = split_rows(rest + raw, encoding)
            need(len(rows) == record.items and bool(rest) == record.continued,
                 f"frame {record.number}: it does not hold the rows it says")
            yield from rows

    def verify(self):
        """Everything that opening has left unread."""
        for record in self.records:
            if record.type >= OPTIONAL:
                self.body_frame(record)
        for stream, (_, end) in self.streams.items():
            need(one_map(self.unpack(*self.body_frame(end))) == end.end,
                 f"frame {end.number}: the index has another end of the stream")
            total = sum(xxh3_128(row) for row in self.rows(stream)) % (1 << 128)
            if self.has_row_sum(stream):
                need(total == row_sum(end), f"stream {stream}: another row sum")

    def has_row_sum(self, stream):
        """Text of servers before 12 is summed with floats rewritten, which is not done here."""
        data = self.by_id[stream]["data"]
        old = self.meta["server_version"] < 120000 and data["format"] == 0
        return not old or not any(column["type_oid"] in FLOATS
                                  for column in data["columns"])


class Cluster(Bytes):
    """A cluster archive (section 13): its members, each an archive."""

    magic, end_magic = CLUSTER_MAGIC, CLUSTER_END

    def __init__(self, path):
        super().__init__(path)
        self.path, self.members = path, self.read_directory()

    def read_directory(self):
        offset, length = self.tail.footer_offset, self.tail.footer_length
        need(length >= 16 and offset + length + TAIL.size == self.length, "no directory")
        head = self.at(offset, 16)
        listed, crc = struct.unpack("<II", head[8:])
        need(head[:8] == DIRECTORY and listed <= LIST and listed + 16 == length, "no directory")
        found = self.at(offset + 16, listed)
        need(crc32c(self.header.uuid + found) == crc, "the directory is damaged")
        members = [Member(*(one.get(key) for key in range(5))) for one in one_map(found)[0]]
        end = HEADER.size
        for member in members:
            need(member.offset == end and member.length >= HEADER.size + TAIL.size,
                 "a member is not where it belongs")
            end += member.length
        need(members and end == offset and len(members) == self.tail.frames, "other members")
        need([member.content for member in members] == [1] + [0] * (len(members) - 1),
             "the globals are not the first member")
        names = [member.database for member in members]
        need(len(set(names)) == len(names), "a database is there twice")
        return members

    def archive(self, member):
        archive = Archive(self.path, member.offset, member.length)
        need((archive.meta["content"] or 0, database_name(archive.meta), archive.header.uuid)
             == (member.content, member.database, member.uuid), "the directory says otherwise")
        return archive

    def verify(self):
        for member in self.members:
            self.archive(member).verify()


def database_name(meta):
    """The name as the directory has it."""
    name = meta["database"][0]
    if meta["encoding"] == "UTF8":
        return name
    try:
        return name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return name


def is_cluster(path):
    with open(path, "rb") as file:
        return file.read(8) == CLUSTER_MAGIC


def row_sum(end):
    return int.from_bytes(end.end[3], "little")


def check_frame(frame, where):
    """What a frame header may say (section 4)."""
    if frame.type >= OPTIONAL:
        need(frame.stored <= OPTIONAL_STORED, f"{where}: too long")
        return
    is_data = frame.type == DATA
    if (frame.type not in (META, TOC, DATA, STREAM_END, INDEX, FOOTER) or frame.flags & ~CONTINUED
            or frame.codec > (0 if is_data else 1)
            or frame.encoding not in ((TEXT, BINARY) if is_data else (CBOR,))):
        raise Newer(f"{where}: type, codec, encoding or flags are not known")
    most = DATA_RAW if is_data else CONTROL_RAW
    need(1 <= frame.raw <= most and frame.stored >= 1, f"{where}: impossible lengths")
    fits = (frame.stored <= frame.raw + 2 if is_data else
            frame.stored < frame.raw if frame.codec else frame.stored == frame.raw)
    need(fits, f"{where}: impossible lengths")
    if frame.type in (META, STREAM_END, FOOTER):
        need(frame.items == 1 and not frame.flags, f"{where}: not exactly one item")
    if not is_data:
        need(frame.range == 0 and (frame.type == STREAM_END or frame.stream == 0),
             f"{where}: a key out of place")


# --- what is printed ----------------------------------------------------------------------------

def listing(archive):
    """What is compared with another reader's: everything verified."""
    archive.verify()
    meta = {word: value for word, value in archive.meta.items()
            if word not in ("database", "content") and value is not None}
    database = archive.meta["database"]
    meta.update(database=database[0], owner=database[1])
    return {
        "file_bytes": archive.length,
        "uuid": archive.header.uuid.hex(),
        "digest": archive.digest.hex(),
        "finished_unix": archive.footer[8],
        "meta": meta,
        "entries": [list_entry(entry) for entry in archive.entries],
        "streams": [list_stream(archive, stream) for stream in archive.streams],
    }


def cluster_listing(cluster):
    """The same of a cluster archive: each member."""
    return {
        "file_bytes": cluster.length,
        "uuid": cluster.header.uuid.hex(),
        "members": [listing(cluster.archive(member)) for member in cluster.members],
    }


def list_entry(entry):
    listed = {
        "id": entry["id"],
        "kind": KINDS[entry["kind"]],
        "section": SECTIONS[entry["section"]],
        "name": label(entry["name"]),
        "on": label(entry["on"]) if entry["on"] else None,
        "owner": entry["owner"],
        "deps": entry["deps"],
        "comments": [comment[1] for comment in entry["comments"]],
        "statements": len(entry["create"]),
        "sql": None if not entry["create"] else
               f"{xxh3_128(''.join(sql + chr(0) for sql in entry['create']).encode()):032x}",
        "sequence": entry["sequence"],
    }
    if entry["data"]:
        data = entry["data"]
        listed["columns"] = [[column[word] for word in ("name", "type_name", "shape")]
                             for column in data["columns"]]
        listed["filter"], listed["format"] = data["filter"], ("text", "binary")[data["format"]]
    if entry["large_objects"]:
        listed["large_objects"] = entry["large_objects"].get(0)
        listed["page"] = entry["large_objects"].get(1)
    if entry["global"]:
        number, fields = entry["global"]
        listed["global"] = [number, {str(key): value for key, value in fields.items()}]
    return {word: value for word, value in listed.items() if value not in (None, [])}


def list_stream(archive, stream):
    chunks, end = archive.streams[stream]
    raw = b"".join(raw for _, raw in archive.chunks(stream))
    return {
        "entry": stream,
        "rows": end.end[0],
        "raw_bytes": end.end[1],
        "chunks": end.end[2],
        "ranges": len({chunk.range for chunk in chunks}),
        "continued": sum(chunk.continued for chunk in chunks),
        "row_sum": f"{row_sum(end):032x}",
        "blake3": blake3(raw).hex(),
    }


def print_listing(archive):
    print(f"archive {archive.header.uuid.hex()}, {archive.length} bytes, "
          f"digest {archive.digest.hex()}")
    for word, value in archive.meta.items():
        print(f"{word}: {value}")
    print(f"\n{len(archive.entries)} entries")
    for entry in archive.entries:
        on = f" on {label(entry['on'])}" if entry["on"] else ""
        print(f"{entry['id']:6} {SECTIONS[entry['section']]:9} {KINDS[entry['kind']]} "
              f"{label(entry['name'])}{on}")
    print(f"\n{len(archive.streams)} streams")
    for stream, (chunks, end) in archive.streams.items():
        entry = archive.by_id[stream]
        print(f"{stream:6} {label(entry['name'])}: {end.end[0]} rows, {end.end[1]} bytes in "
              f"{len(chunks)} chunks, {('text', 'binary')[entry['data']['format']]}, "
              f"row sum {row_sum(end):032x}")


def print_members(cluster):
    print(f"cluster archive {cluster.header.uuid.hex()}, {cluster.length} bytes")
    for member in cluster.members:
        what = "globals" if member.content else f"database {member.database}"
        print(f"{what}: {member.length} bytes from {member.offset} on, {member.uuid.hex()}")


INTEGERS = {"int2", "int4", "int8"}
UNSIGNED = {"oid", "xid", "cid", "xid8", "oid8"}
TEXTS = {"text", "varchar", "bpchar", "name", "json", "xml", "enum", "citext", "refcursor"}


def render(field, shape):
    """A binary field for people."""
    if field is None:
        return b"\\N"
    if shape in INTEGERS or shape in UNSIGNED:
        return b"%d" % int.from_bytes(field, "big", signed=shape in INTEGERS)
    if shape == "bool":
        return b"t" if field == b"\1" else b"f"
    if shape in TEXTS:
        return field.replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n")
    return b"\\\\x" + field.hex().encode()


def print_rows(archive, name):
    found = [entry for entry in archive.entries
             if entry["id"] in archive.streams and label(entry["name"]) == name]
    need(found, f"no rows of {name}")
    for entry in found:
        shapes = [column["shape"] for column in entry["data"]["columns"]]
        for row in archive.rows(entry["id"]):
            if entry["data"]["format"]:
                row = b"\t".join(map(render, tuple_fields(row), shapes))
            sys.stdout.buffer.write(row + b"\n")


def opened(arguments):
    if not is_cluster(arguments.archive):
        return Archive(arguments.archive)
    cluster = Cluster(arguments.archive)
    if arguments.database is None:
        return cluster
    found = [m for m in cluster.members if not m.content and m.database == arguments.database]
    need(found, f"no database {arguments.database}")
    return cluster.archive(found[0])


def act_on_cluster(cluster, arguments):
    if arguments.json:
        print(json.dumps(cluster_listing(cluster), indent=1, ensure_ascii=False))
    elif arguments.rows:
        sys.exit("pgx_read: name one of its databases with --database")
    elif arguments.verify:
        cluster.verify()
        print(f"whole: {len(cluster.members)} members")
    else:
        print_members(cluster)


def main():
    parser = argparse.ArgumentParser(description="Reads archives of pgx by their specification.")
    parser.add_argument("archive")
    parser.add_argument("--verify", action="store_true", help="check every byte")
    parser.add_argument("--rows", metavar="SCHEMA.TABLE", help="print the rows of a table")
    parser.add_argument("--json", action="store_true", help="verify, and list as JSON")
    parser.add_argument("--database", metavar="NAME", help="of a cluster archive: this database")
    arguments = parser.parse_args()
    try:
        archive = opened(arguments)
        if isinstance(archive, Cluster):
            act_on_cluster(archive, arguments)
        elif arguments.json:
            print(json.dumps(listing(archive), indent=1, ensure_ascii=False))
        elif arguments.rows:
            print_rows(archive, arguments.rows)
        elif arguments.verify:
            archive.verify()
            print(f"whole: {archive.footer[5]} rows, digest {archive.digest.hex()}")
        else:
            print_listing(archive)
    except Damaged as error:
        sys.exit(f"pgx_read: {arguments.archive}: {error}")
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # A value of another type than the specification says.
        sys.exit(f"pgx_read: {arguments.archive}: not as specified: {error!r}")


if __name__ == "__main__":
    main()
