"""CRC32C, XXH3 and BLAKE3, from their public specifications. Plain rather than fast."""

import struct

U64 = (1 << 64) - 1
U32 = (1 << 32) - 1


# --- CRC32C (RFC 3720, appendix B.4) ------------------------------------------------------------

def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _crc_table()


def crc32c(data):
    crc, table = U32, _CRC
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ U32


# --- XXH3, 64 and 128 bits, seed 0 --------------------------------------------------------------

_SECRET = bytes.fromhex("""
    b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f
    cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c
    3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8
    a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364
    eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e
    2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e""")
_P32_1, _P32_2, _P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
_P64_1, _P64_2, _P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P64_4, _P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_MX1, _MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25


def _u32(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def _u64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def _secret(at):
    return _u64(_SECRET, at)


def _secret_pair(at):
    return _secret(at) ^ _secret(at + 8)


def _swap64(value):
    return int.from_bytes(value.to_bytes(8, "little"), "big")


def _rotate(value, by):
    return (value << by | value >> 64 - by) & U64


def _fold(a, b):
    product = a * b
    return product & U64 ^ product >> 64


def _avalanche(value):
    value = (value ^ value >> 37) * _MX1 & U64
    return value ^ value >> 32


def _avalanche_xxh64(value):
    value = (value ^ value >> 33) * _P64_2 & U64
    value = (value ^ value >> 29) * _P64_3 & U64
    return value ^ value >> 32


def _mix(data, at, secret):
    return _fold(_u64(data, at) ^ _secret(secret), _u64(data, at + 8) ^ _secret(secret + 8))


def xxh3_64(data):
    length = len(data)
    if length <= 16:
        return _short_64(data, length)
    if length > 240:
        return _merge(_accumulate(data), length * _P64_1 & U64, 11)
    total = length * _P64_1
    if length <= 128:
        for i in range((length - 1 >> 5) + 1):
            total += _mix(data, 16 * i, 32 * i) + _mix(data, length - 16 * i - 16, 32 * i + 16)
        return _avalanche(total & U64)
    total = _avalanche(total + sum(_mix(data, 16 * i, 16 * i) for i in range(8)) & U64)
    total += sum(_mix(data, 16 * i, 16 * (i - 8) + 3) for i in range(8, length >> 4))
    return _avalanche(total + _mix(data, length - 16, 119) & U64)


def _short_64(data, length):
    if length > 8:
        low = _secret_pair(24) ^ _u64(data, 0)
        high = _secret_pair(40) ^ _u64(data, length - 8)
        return _avalanche(length + _swap64(low) + high + _fold(low, high) & U64)
    if length > 3:
        value = _secret_pair(8) ^ (_u32(data, length - 4) | _u32(data, 0) << 32)
        value ^= _rotate(value, 49) ^ _rotate(value, 24)
        value = value * _MX2 & U64
        value = (value ^ (value >> 35) + length) * _MX2 & U64
        return value ^ value >> 28
    if length > 0:
        return _avalanche_xxh64(_u32(_SECRET, 0) ^ _u32(_SECRET, 4) ^ _tiny(data, length))
    return _avalanche_xxh64(_secret_pair(56))


def _tiny(data, length):
    return data[0] << 16 | data[length >> 1] << 24 | data[-1] | length << 8


def xxh3_128(data):
    length = len(data)
    if length <= 16:
        low, high = _short_128(data, length)
    elif length > 240:
        lanes = _accumulate(data)
        low = _merge(lanes, length * _P64_1 & U64, 11)
        high = _merge(lanes, ~(length * _P64_2) & U64, 117)
    else:
        low, high = _medium_128(data, length)
    return high << 64 | low


def _short_128(data, length):
    if length > 8:
        return _to_16_128(data, length)
    if length > 3:
        value = _secret_pair(16) ^ (_u32(data, 0) | _u32(data, length - 4) << 32)
        product = value * (_P64_1 + 4 * length)
        high = (product >> 64) + (product << 1) & U64
        low = product & U64 ^ high >> 3
        low = (low ^ low >> 35) * _MX2 & U64
        return low ^ low >> 28, _avalanche(high)
    if length > 0:
        low = _tiny(data, length)
        swapped = int.from_bytes(low.to_bytes(4, "little"), "big")
        high = (swapped << 13 | swapped >> 19) & U32
        low ^= _u32(_SECRET, 0) ^ _u32(_SECRET, 4)
        return _avalanche_xxh64(low), _avalanche_xxh64(
            high ^ _u32(_SECRET, 8) ^ _u32(_SECRET, 12))
    return _avalanche_xxh64(_secret_pair(64)), _avalanche_xxh64(_secret_pair(80))


def _to_16_128(data, length):
    first, last = _u64(data, 0), _u64(data, length - 8)
    product = (_secret_pair(32) ^ first ^ last) * _P64_1
    other = _secret_pair(48) ^ last
    low = (product & U64) + (length - 1 << 54) & U64
    high = (product >> 64) + (other & ~U32) + (other & U32) * _P32_2 & U64
    product = (low ^ _swap64(high)) * _P64_2
    return _avalanche(product & U64), _avalanche((product >> 64) + high * _P64_2 & U64)


def _medium_128(data, length):
    low, high = length * _P64_1 & U64, 0

    def mix_two(one, two, secret):
        nonlocal low, high
        sums = [_u64(data, at) + _u64(data, at + 8) & U64 for at in (one, two)]
        low = low + _mix(data, one, secret) & U64 ^ sums[1]
        high = high + _mix(data, two, secret + 16) & U64 ^ sums[0]

    if length <= 128:
        for i in reversed(range((length - 1 >> 5) + 1)):
            mix_two(16 * i, length - 16 * i - 16, 32 * i)
    else:
        for i in range(4):
            mix_two(32 * i, 32 * i + 16, 32 * i)
        low, high = _avalanche(low), _avalanche(high)
        for i in range(4, length >> 5):
            mix_two(32 * i, 32 * i + 16, 32 * (i - 4) + 3)
        mix_two(length - 16, length - 32, 103)
    total = low * _P64_1 + high * _P64_4 + length * _P64_2 & U64
    return _avalanche(low + high & U64), -_avalanche(total) & U64


_LANES = struct.Struct("<8Q")
_STRIPE_SECRETS = [_LANES.unpack_from(_SECRET, at) for at in range(0, 128, 8)]
_SCRAMBLE_SECRET = _LANES.unpack_from(_SECRET, 128)
_LAST_SECRET = _LANES.unpack_from(_SECRET, 121)


def _accumulate(data):
    lanes = [_P32_3, _P64_1, _P64_2, _P64_3, _P64_4, _P32_2, _P64_5, _P32_1]
    for number in range((len(data) - 1) // 64):
        if number and number % 16 == 0:
            _scramble(lanes)
        _stripe(lanes, _LANES.unpack_from(data, 64 * number), _STRIPE_SECRETS[number % 16])
    if (len(data) - 1) // 64 % 16 == 0:
        _scramble(lanes)
    _stripe(lanes, _LANES.unpack_from(data, len(data) - 64), _LAST_SECRET)
    return lanes


def _stripe(lanes, words, secret):
    for i in range(8):
        word = words[i]
        value = word ^ secret[i]
        lanes[i ^ 1] += word
        lanes[i] = lanes[i] + (value & U32) * (value >> 32) & U64


def _scramble(lanes):
    for i in range(8):
        lane = lanes[i] & U64
        lanes[i] = (lane ^ lane >> 47 ^ _SCRAMBLE_SECRET[i]) * _P32_1 & U64


def _merge(lanes, start, secret):
    for i in range(4):
        at = secret + 16 * i
        start += _fold(lanes[2 * i] & U64 ^ _secret(at), lanes[2 * i + 1] & U64 ^ _secret(at + 8))
    return _avalanche(start & U64)


# --- BLAKE3 -------------------------------------------------------------------------------------

_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
       0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_MIXED = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
          (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
_CHUNK_START, _CHUNK_END, _PARENT, _ROOT = 1, 2, 4, 8


def _schedule():
    """For each round and mixing step: four places of the state, two of the message."""
    order, rounds = list(range(16)), []
    for _ in range(7):
        rounds += [(*places, order[2 * i], order[2 * i + 1]) for i, places in enumerate(_MIXED)]
        order = [order[place] for place in _PERMUTATION]
    return rounds


_STEPS = _schedule()


def _compress(chain, block, counter, length, flags):
    m = struct.unpack("<16I", block)
    v = [*chain, *_IV[:4], counter & U32, counter >> 32, length, flags]
    for a, b, c, d, x, y in _STEPS:
        va, vb, vc, vd = v[a], v[b], v[c], v[d]
        va = va + vb + m[x] & U32
        vd ^= va
        vd = vd >> 16 | vd << 16 & U32
        vc = vc + vd & U32
        vb ^= vc
        vb = vb >> 12 | vb << 20 & U32
        va = va + vb + m[y] & U32
        vd ^= va
        vd = vd >> 8 | vd << 24 & U32
        vc = vc + vd & U32
        vb ^= vc
        v[a], v[b], v[c], v[d] = va, vb >> 7 | vb << 25 & U32, vc, vd
    return [v[i] ^ v[i + 8] for i in range(8)]


def _chunk(data, number, root):
    chain = _IV
    blocks = range(0, max(len(data), 1), 64)
    for at in blocks:
        block = data[at:at + 64]
        flags = (_CHUNK_START if at == 0 else 0) | (_CHUNK_END | root if at == blocks[-1] else 0)
        chain = _compress(chain, block.ljust(64, b"\0"), number, len(block), flags)
    return chain


def _parent(left, right, root):
    return _compress(_IV, struct.pack("<16I", *left, *right), 0, 64, _PARENT | root)


def _tree(data, first, root):
    """The chaining value of a subtree whose first chunk has this number."""
    if len(data) <= 1024:
        return _chunk(data, first, root)
    left = 1024
    while left * 2 < len(data):
        left *= 2
    right = _tree(data[left:], first + left // 1024, 0)
    return _parent(_tree(data[:left], first, 0), right, root)


def blake3(data):
    """32 bytes."""
    return struct.pack("<8I", *_tree(bytes(data), 0, _ROOT))
