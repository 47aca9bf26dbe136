#!/usr/bin/env python3
"""The second reader against every golden archive: it agrees, and it refuses damaged copies.

Exits with 1 and says what is wrong. Run by the integration tests, or by hand.
"""

import json
import os
import re
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs"
sys.path.insert(0, str(DOCS / "reader"))

import pgx_read
import pgx_stripes
from pgx_checksums import blake3, crc32c, xxh3_64, xxh3_128

FAULTS = (pgx_read.Damaged, LookupError, TypeError, ValueError, AttributeError)
# What all golden archives together must reach.
REACHED = ({("layout", n) for n in range(3)} | {("plan", n) for n in range(8)}
           | {("form", n) for n in range(6)})
# Damaged copies are made of archives up to this size whose contents are not long: reading is slow.
LARGEST, LONG = 12 << 10, "large-contents"
COPIES = 40


def check_hashes():
    """Values that the specifications give."""
    assert crc32c(b"123456789") == 0xE3069283
    assert xxh3_64(b"") == 0x2D06800538D394C2
    assert xxh3_128(b"") == 0x99AA06D3014798D86001C324468D497F
    assert blake3(b"").hex().startswith("af1349b9f5f9a1a6a0404dea36dcc949")


def vectors(page):
    """The bytes of a page's hex dumps, without offsets."""
    for dump in re.findall(r"```hex\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.S):
        lines = [line for line in dump.splitlines() if not line.startswith("#")]
        yield bytes.fromhex(" ".join(re.sub(r"^[0-9a-f]{4} ", "", line) for line in lines))


def check_vectors(directory):
    """The pages' own examples. The archive's row sum is wrong, which must be noticed."""
    path = Path(directory) / "vector.pgx"
    path.write_bytes(next(vectors("archive-format.md")))
    archive = pgx_read.Archive(path)
    assert archive.digest.hex() in (DOCS / "archive-format.md").read_text(encoding="utf-8")
    assert list(archive.rows(1)) == [b"1", b"\\N"]
    try:
        archive.verify()
    except pgx_read.Damaged as error:
        assert "row sum" in str(error), error
    else:
        raise AssertionError("a wrong row sum was not noticed")
    text, binary = vectors("stripes.md")
    lines = pgx_stripes.decode(text, pgx_stripes.TEXT, 900).splitlines()
    assert lines[4] == b"5\t\\N\t25\t2026-01-31 12:00:05.5+00\t2026-02-05\tsent\tx5", lines[4]
    rows, rest = pgx_stripes.split_rows(pgx_stripes.decode(binary, pgx_stripes.BINARY, 944),
                                        pgx_stripes.BINARY)
    ids = [int.from_bytes(pgx_stripes.tuple_fields(row)[0], "big", signed=True) for row in rows]
    assert ids == [-1000 * i for i in range(1, 17)] and not rest, ids


def check_agreement(archives):
    for path in archives:
        found = pgx_read.listing(pgx_read.Archive(path))
        expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert found == expected, f"{path.name}: it reads otherwise"
    missed = REACHED - pgx_stripes.SEEN
    assert not missed, f"no golden archive has {sorted(missed)}"


def check_clusters(clusters):
    for path in clusters:
        cluster = pgx_read.Cluster(path)
        listed = [member.database for member in cluster.members]
        found = pgx_read.cluster_listing(cluster)["members"]
        assert [member["meta"]["database"] for member in found] == listed, f"{path.name}: {listed}"


def damaged(whole):
    """Copies that differ from an archive: (what was done, bytes)."""
    for number in range(COPIES):
        at = number * (len(whole) - 1) // (COPIES - 1)
        byte = whole[at] ^ 1 << number % 8
        yield f"bit flipped at {at}", whole[:at] + bytes([byte]) + whole[at + 1:]
        if number % 4 == 0:
            yield f"cut at {at}", whole[:at]
            zeroed = whole[:at] + bytes(len(whole[at:at + 64])) + whole[at + 64:]
            if zeroed != whole:
                yield f"zeroed at {at}", zeroed
            block = whole[at:at + 64]
            yield f"doubled at {at}", whole[:at] + block + whole[at:]
    yield "bytes added", whole + b"\0"


def check_refusal(archives, directory):
    """How many damaged copies were refused."""
    count, path = 0, os.path.join(directory, "damaged.pgx")
    for archive in archives:
        whole = archive.read_bytes()
        if len(whole) > LARGEST or archive.stem == LONG:
            continue
        for what, copy in damaged(whole):
            Path(path).write_bytes(copy)
            reader = pgx_read.Cluster if archive.parent != HERE else pgx_read.Archive
            try:
                reader(path).verify()
            except FAULTS:
                count += 1
            else:
                raise AssertionError(f"{archive.name}, {what}: not noticed")
    return count


def main():
    archives = sorted(HERE.glob("*.pgx"))
    clusters = sorted(HERE.glob("clusters/*.pgx"))
    assert archives and clusters, "no golden archives"
    check_hashes()
    check_agreement(archives)
    check_clusters(clusters)
    with tempfile.TemporaryDirectory() as directory:
        check_vectors(directory)
        count = check_refusal(archives + clusters, directory)
    print(f"{len(archives) + len(clusters)} archives agree, {count} damaged copies are refused")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"check_reader: {error}")
