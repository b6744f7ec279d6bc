"""The recorder: keeps every iopub message of one kernel in a spool on the server's disk until Nightjar has fetched it.

Owns the spool folder of a kernel (`<jupyter runtime dir>/nightjar/<kernel id>/`, see FORMAT.md beside this file).
Promises: a message is in the spool whole or not at all, in the kernel's order, with a position that is never given
twice; what had to be thrown away, or may have been missed, is told by position and time; one process writes a spool;
when the kernel has ended and all readers have fetched everything (or their time is over) no file and no process stays.
Refuses to say "recording" before a message of this very kernel, with its signature, has come in.

One text, two lives. In a helper kernel it only defines functions: `nightjar_call(name, args_json)` answers with an
object whose repr is one line of ASCII: a JSON object, and after a pull a TAB and base64. Never raises.
As `python recorder.py --nightjar-record FOLDER` it is the recorder itself. Standard library and pyzmq, Python 3.7+.
"""
import base64
import hashlib
import hmac
import json
import linecache
import os
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
import zlib

try:
    import fcntl
except ImportError:  # Windows: without flock nothing keeps two recorders off one spool, so none is started.
    fcntl = None

_MARK = '--nightjar-record'
_MAGIC = b'NJR1'
_HEAD = struct.Struct('<4sII')  # magic, bytes after this head, CRC-32 of them
_TAIL = struct.Struct('<dI')  # time of arrival in seconds since 1970, flags
_LEAST = _HEAD.size + _TAIL.size
_CHANNEL = b'iopub'

_SEGMENT_BYTES = 8 << 20  # two pulls of 4 MiB: an acknowledged pull or two frees a file
_SEGMENT_BYTES_MIN = 64 << 10  # for very small quotas only; below this, files cost more than they free
_QUOTA_BYTES = 2 << 30  # about 3.5 million print statements; a tenth of a usual home quota
_TTL_SECONDS = 7 * 86400  # a holiday week with the laptop closed
_PULL_BYTES = 4 << 20  # 0.05 s of a helper kernel's time, 0.6 MB on the wire for text
_WHOLE_BYTES_MAX = 64 << 20  # in base64 still below 100 MiB, where common websocket clients refuse a message
_BURST = 2000  # messages between two looks at the clock: about 30 ms
_BURST_BYTES = 1 << 20  # what a crash can leave torn, and most of what the process holds in memory
_LAST_BURSTS = 50  # taken in when told to end: about a second, within what a system waits before it kills
_GATHER_SECONDS = 0.02  # what comes within it is taken in one go: waking up for each message costs five times as much
_SYNC_SECONDS = 0.5  # what a power cut can take; a kernel does not survive one either
_PUBLISH_SECONDS = 0.1  # readers look past the published end themselves, so this is no delay of theirs
_TICK_MS = 1000  # a quiet recorder wakes once a second: about 0.1 ms of work
_ANSWER_SECONDS = 10.0  # how long `start` holds its helper kernel; a first answer takes 0.1 s
_FILE_GONE_SECONDS = 10.0  # a restart removes the connection file for well under a second
_SILENT_SECONDS = 600.0  # the file is there, the process is not: a dead server, or a kernel that may be restarted
_RECONNECT_MS = 20  # a restarted kernel says "starting" 50 ms after it opens its port
_RECONNECT_ENDED_MS = 1000  # an ended kernel hardly comes back: one attempt a second costs nothing
_NICE = 10  # half way to the lowest priority: still a fair share on a busy machine
_LIST_MAX = 200  # entries kept of drops and of restarts; older drops are joined, never forgotten


# ---- the spool's files: used on both sides ----

class _Problem(Exception):
    """An expected failure; its text is a sentence for people."""


def _whole(data, start=0, most=-1):
    """The whole, sound records of `data` from `start`: (end offset, count, first time, last time, bytes missing).

    Bytes missing is 0 at the very end, -1 where the bytes are no record (damage), else what the next record lacks.
    """
    # Locals, and times read at the ends alone: a large recovery comes through here for every message.
    view, size, at, count, tail, missing = memoryview(data), len(data), start, 0, 0, 0
    head, head_size, tail_size, crc32 = _HEAD.unpack_from, _HEAD.size, _TAIL.size, zlib.crc32
    while at < size and count != most:
        if size - at < _LEAST:
            missing = _LEAST - (size - at)
            break
        magic, length, crc = head(data, at)
        begin = at + head_size
        end = begin + length
        if magic != _MAGIC or length < tail_size or (end <= size and crc32(view[begin:end]) != crc):
            missing = -1
            break
        if end > size:
            missing = end - size
            break
        at, tail, count = end, begin, count + 1
    first, last = [_TAIL.unpack_from(data, place)[0] for place in (start + head_size, tail)] if count else (0.0, 0.0)
    return at, count, first, last, missing


def _pack(body, now):
    """A record of header, parent, metadata, content and buffers. None when no record can hold that much."""
    offset = 8 * (len(body) + 3)
    offsets = [len(body) + 2, offset, offset + len(_CHANNEL)]
    for part in body:
        offsets.append(offsets[-1] + len(part))
    rest = b''.join([_TAIL.pack(now, 0), struct.pack('<%dQ' % len(offsets), *offsets), _CHANNEL] + body)
    return _HEAD.pack(_MAGIC, len(rest), zlib.crc32(rest)) + rest if len(rest) < 1 << 32 else None


def _resync(data, start):
    """The next offset after `start` at which a sound record begins, or -1. Tells damage from a torn tail."""
    at = data.find(_MAGIC, start + 1)
    while at >= 0:
        if _whole(data, at, 1)[1] > 0:
            return at
        at = data.find(_MAGIC, at + 1)
    return -1


def _read(path, offset=0, size=-1):
    with open(path, 'rb') as file:
        file.seek(offset)
        return file.read(size)


def _json(path):
    """A JSON object of ours; an empty one where it is not there or not readable."""
    try:
        value = json.loads(_read(path).decode('utf-8'))
        return value if isinstance(value, dict) else {}
    except (OSError, ValueError):
        return {}


def _put(path, data):
    """Replaces a file in one step, readable by this user alone."""
    temporary = '%s.%d.tmp' % (path, os.getpid())
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(fd, 'wb') as file:
            file.write(data if isinstance(data, bytes) else json.dumps(data).encode('ascii'))
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _segment(folder, first):
    return os.path.join(folder, '%020d.seg' % first)


def _segments(folder):
    return sorted(int(name[:20]) for name in os.listdir(folder) if re.match(r'[0-9]{20}\.seg$', name))


def _reader_path(folder, reader):
    return os.path.join(folder, 'reader-%s.json' % hashlib.sha256(reader.encode('utf-8')).hexdigest()[:32])


def _readers(folder):
    """Everybody for whom records are kept: {file name: {reader, position, seen}}."""
    found = {}
    for name in os.listdir(folder):
        if name.startswith('reader-') and name.endswith('.json'):
            entry = _json(os.path.join(folder, name))
            if isinstance(entry.get('position'), int) and isinstance(entry.get('seen'), (int, float)):
                found[name] = entry
    return found


def _lock(folder, wait_seconds=0.0, shared=False):
    """The spool's lock as a file descriptor, or None while another holds it. Closing it releases it."""
    fd = os.open(os.path.join(folder, 'lock'), os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(fd)
                return None
            time.sleep(0.02)
        except OSError:
            os.close(fd)
            raise


def _remove(folder):
    """Renamed first, so that nobody meets a spool of which half is gone."""
    doomed = '%s.gone-%s' % (folder, uuid.uuid4().hex)
    os.rename(folder, doomed)
    shutil.rmtree(doomed, ignore_errors=True)
    try:
        os.rmdir(os.path.dirname(folder))
    except OSError:
        pass  # Other spools are in it.


# ---- the recorder process ----

class _Spool:
    """The segments, as their only writer sees them. A row is [first, end, messages, first time, last time]."""

    def __init__(self, folder, quota, known, floor):
        self.folder, self.quota = folder, max(quota, 4 * _SEGMENT_BYTES_MIN)
        self.segment_bytes = max(_SEGMENT_BYTES_MIN, min(_SEGMENT_BYTES, self.quota // 4))
        self.dropped, self.forgotten = list(known.get('dropped', [])), int(known.get('forgotten', 0))
        self.rows, self.fd, self.dirty, self.slowest = [], -1, False, 0
        self._recover({row[0]: row for row in known.get('segments', [])})
        end = self.rows[-1][1] if self.rows else 0
        # Records may have been lost that a reader has already: their positions are never given to others.
        self.end = max(end, floor, int(known.get('end', 0)))
        if known:
            self.hole(end, self.end, None, known.get('time', 0.0), time.time(),
                      'The recorder had stopped and was started again; what the kernel sent meanwhile is not known.')
        if self.rows and end == self.end:
            self.fd = os.open(_segment(folder, self.rows[-1][0]), os.O_WRONLY | os.O_APPEND)
        else:
            self.roll()

    def _recover(self, trusted):
        firsts = _segments(self.folder)
        for first in firsts:
            path = _segment(self.folder, first)
            row = trusted.get(first)
            if first == firsts[-1] or row is None or row[1] != first + os.path.getsize(path):
                row = self._rescan(path, first)
                os.truncate(path, row[1] - first)  # The torn tail of a crash: no reader was ever given it.
            self.rows.append(row)

    @staticmethod
    def _rescan(path, first):
        data, at, row = _read(path), 0, [first, first, 0, 0.0, 0.0]
        while 0 <= at < len(data):
            end, count, since, until, _ = _whole(data, at)
            if count > 0:
                row[1], row[2], row[3], row[4] = first + end, row[2] + count, row[3] or since, until
            at = _resync(data, end) if end < len(data) else end
        return row

    @property
    def first(self):
        return self.rows[0][0]

    @property
    def bytes(self):
        return sum(row[1] - row[0] for row in self.rows)

    @property
    def messages(self):
        return self.forgotten + sum(row[2] for row in self.rows)

    def hole(self, start, end, messages, since, until, why):
        """Tells a loss. One that goes on is one entry; beyond _LIST_MAX the oldest are joined."""
        last = self.dropped[-1] if self.dropped else None
        if last is not None and start == end == last['from'] == last['to'] and last['why'] == why:
            last['to_time'] = until
            last['messages'] = None if messages is None or last['messages'] is None else last['messages'] + messages
            return
        self.dropped.append({'from': start, 'to': end, 'messages': messages, 'from_time': since, 'to_time': until,
                             'why': why})
        if len(self.dropped) > _LIST_MAX:
            old, new = self.dropped[0:2]
            known = old['messages'] is not None and new['messages'] is not None
            self.dropped[0:2] = [dict(new, messages=old['messages'] + new['messages'] if known else None,
                                      from_time=old['from_time'], **{'from': old['from']})]

    def roll(self):
        """Begins a new segment. A spool takes at most half of what the disk has left, whatever its quota."""
        if self.fd >= 0:
            self.sync()
            os.close(self.fd)
        self.rows.append([self.end, self.end, 0, 0.0, 0.0])
        self.fd = os.open(_segment(self.folder, self.end), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        room = self.bytes + shutil.disk_usage(self.folder).free // 2
        while self.bytes > min(self.quota, room) and self.drop_oldest('The spool had reached its size limit.'):
            pass

    def append(self, data, count, since, until):
        """Writes a burst of whole records. A full disk costs the oldest segment, then the burst; both are told."""
        row = self.rows[-1]
        while True:
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(self.fd, rest):]
                break
            except OSError as error:
                os.ftruncate(self.fd, row[1] - row[0])
                why = 'The disk of the server took no more data (%s).' % error.strerror
                if not self.drop_oldest(why):
                    self.hole(self.end, self.end, count, since, until, why)
                    return
        self.dirty = True
        self.end += len(data)
        row[1], row[2], row[3], row[4] = self.end, row[2] + count, row[3] or since, until
        if row[1] - row[0] >= self.segment_bytes:
            self.roll()

    def sync(self):
        if self.dirty:
            os.fsync(self.fd)
            self.dirty = False

    def _forget(self):
        row = self.rows.pop(0)
        self.forgotten += row[2]
        os.unlink(_segment(self.folder, row[0]))
        return row

    def drop_acked(self):
        """Frees what every reader has. True when something went."""
        before = len(self.rows)
        while len(self.rows) > 1 and self.rows[0][1] <= self.slowest:
            self._forget()
        return len(self.rows) < before

    def drop_oldest(self, why):
        """Frees the oldest segment; tells it as lost from where the slowest reader stands."""
        if len(self.rows) < 2:
            return False
        first, end, _, _, until = self.rows[0]
        start = max(first, min(self.slowest, end))
        _, count, since, _, missing = _whole(_read(_segment(self.folder, first)), start - first)
        self._forget()
        if start < end:
            self.hole(start, end, count if missing == 0 else None, since, until, why)
        return True


class _Recorder:
    """One kernel's subscription and its spool. Life is judged by the connection to the kernel's iopub port: the
    operating system closes it when the process is gone and never while it is only busy, which a heartbeat cannot say.
    """

    def __init__(self, folder, lock):
        import zmq
        self.zmq, self.folder, self.lock = zmq, folder, lock
        config, known = _json(os.path.join(folder, 'config.json')), _json(os.path.join(folder, 'state.json'))
        self.kernel_id, self.connection_file = str(config['kernel_id']), str(config['connection_file'])
        self.ttl_seconds, self.birth = float(config['ttl_seconds']), str(config['birth'])
        self.readers = _readers(folder)
        floor = max([entry['position'] for entry in self.readers.values()] or [0])
        self.spool = _Spool(folder, int(config['quota_bytes']), known, floor)
        self.restarts = list(known.get('restarts', []))
        self.state, self.why, self.foreign, self.odd = 'starting', '', int(known.get('foreign', 0)), 0
        self.connected = self.proven = self.was_connected = self.draining = self.leaving = False
        self.away_since, self.gone_since = time.monotonic(), None
        self.synced_at = self.published_at = self.stopped_at = 0.0
        self.unpublished, self.asking, self.ask_shell_at, self.ask_again_at = True, {}, None, None
        self.sub = self.monitor = None
        self.context, self.poller = zmq.Context(io_threads=1), zmq.Poller()
        self.wire = None

    # -- sockets

    def _load(self):
        """What the connection file says: (endpoint of a channel, HMAC object). None while it is not there."""
        info = _json(self.connection_file)
        if not isinstance(info.get('iopub_port'), int):
            return None
        ipc = info.get('transport') == 'ipc'
        form = '%s://%s%s%%s' % ('ipc' if ipc else 'tcp', info.get('ip', '127.0.0.1'), '-' if ipc else ':')
        ports = tuple((name, info.get(name + '_port')) for name in ('iopub', 'shell', 'control'))
        curve = tuple(str(info.get(name) or '') for name in ('curve_publickey', 'curve_secretkey'))
        return form, ports, str(info.get('key', '')), str(info.get('signature_scheme', 'hmac-sha256')), curve

    def connect(self, wire, reconnect_ms=_RECONNECT_MS):
        zmq = self.zmq
        self.close()
        self.wire = wire
        self.ports = {name: wire[0] % port for name, port in wire[1] if port}
        scheme = wire[3].split('-', 1)[-1]
        self.mac = hmac.new(wire[2].encode('utf-8'), digestmod=getattr(hashlib, scheme)) if wire[2] else None
        self.sub = self.context.socket(zmq.SUB)
        for option, value in ((zmq.RCVHWM, 0), (zmq.LINGER, 0), (zmq.RECONNECT_IVL, reconnect_ms),
                              (zmq.TCP_KEEPALIVE, 1), (zmq.IPV6, 1 if '[' in wire[0] else 0)):
            self.sub.setsockopt(option, value)
        self._encrypt(self.sub)
        self.sub.setsockopt(zmq.SUBSCRIBE, b'')
        # A port that another program took over accepts a connection too; only a peer that speaks ZMQ gets further.
        self.up_event = getattr(zmq, 'EVENT_HANDSHAKE_SUCCEEDED', zmq.EVENT_CONNECTED)
        self.monitor = self.sub.get_monitor_socket(self.up_event | zmq.EVENT_DISCONNECTED)
        self.sub.connect(self.ports['iopub'])
        self.poller.register(self.sub, zmq.POLLIN)
        self.poller.register(self.monitor, zmq.POLLIN)

    def _encrypt(self, socket):
        """Kernels of jupyter_client 8.10 may speak CurveZMQ; their clients use the pair in the connection file."""
        public, secret = self.wire[4]
        if public and secret:
            socket.curve_publickey, socket.curve_secretkey = public.encode('ascii'), secret.encode('ascii')
            socket.curve_serverkey = public.encode('ascii')

    def close(self):
        self._stop_asking()
        if self.sub is not None:
            self.poller.unregister(self.monitor)
            self.poller.unregister(self.sub)
            self.sub.disable_monitor()
            self.sub.close(0)
            self.sub = self.monitor = None
        self.connected = self.proven = False

    def _ask(self, channel):
        """A question of our own. Its `busy` on iopub proves the subscription; control is answered by a busy kernel."""
        if channel not in self.ports:
            return
        dealer = self.asking.get(channel)
        if dealer is None:
            dealer = self.context.socket(self.zmq.DEALER)
            dealer.setsockopt(self.zmq.LINGER, 0)
            self._encrypt(dealer)
            dealer.connect(self.ports[channel])
            self.asking[channel] = dealer
            self.poller.register(dealer, self.zmq.POLLIN)
        date = time.strftime('%Y-%m-%dT%H:%M:%S.000000Z', time.gmtime())
        header = {'msg_id': uuid.uuid4().hex, 'session': 'nightjar-' + self.birth, 'username': 'nightjar',
                  'date': date, 'msg_type': 'kernel_info_request', 'version': '5.3'}
        parts = [json.dumps(header).encode('ascii'), b'{}', b'{}', b'{}']
        dealer.send_multipart([b'<IDS|MSG>', self._sign(parts)] + parts, self.zmq.NOBLOCK)

    def _stop_asking(self):
        for dealer in self.asking.values():
            self.poller.unregister(dealer)
            dealer.close(0)
        self.asking, self.ask_shell_at, self.ask_again_at = {}, None, None

    def _sign(self, parts):
        if self.mac is None:
            return b''
        mac = self.mac.copy()
        for part in parts[:4]:
            mac.update(part)
        return mac.hexdigest().encode('ascii')

    def _watch(self):
        """A new connection carries a new subscription (libzmq repeats it), which has to be proven again."""
        from zmq.utils.monitor import recv_monitor_message
        while self.monitor.poll(0):
            up = recv_monitor_message(self.monitor)['event'] == self.up_event
            self.proven, self.connected, self.unpublished = False, up, True
            self._stop_asking()
            if up:
                if self.was_connected:
                    self.restarts = self.restarts[1 - _LIST_MAX:]
                    self.restarts.append({'position': self.spool.end, 'time': time.time()})
                self.was_connected = True
                self._ask('control')
                # 1.5 s: a control channel that has a thread answers in milliseconds even while a cell runs.
                self.ask_shell_at = time.monotonic() + (1.5 if 'control' in self.asking else 0)
            else:
                self.away_since = time.monotonic()

    # -- messages

    def _record(self, parts, now):
        """A message off the wire as a record, byte for byte; None for what this kernel did not send.

        Signatures are verified because a port outlives its kernel: whoever opens it next must not get into the spool.
        """
        try:
            at = parts.index(b'<IDS|MSG>')
        except ValueError:
            at = len(parts)
        body = parts[at + 2:]
        if len(body) < 4:
            self.odd += 1
            return None
        if self.mac is not None and not hmac.compare_digest(self._sign(body), bytes(parts[at + 1])):
            self.foreign += 1
            return None
        record = _pack(body, now)
        if record is None:
            self.spool.hole(self.spool.end, self.spool.end, 1, now, now, 'A message was larger than 4 GiB.')
        return record

    def _drain(self):
        """Takes in what has come. True when there may be more."""
        records, size, since, now, more = [], 0, 0.0, 0.0, True
        for _ in range(_BURST):
            try:
                parts = self.sub.recv_multipart(self.zmq.NOBLOCK)
            except self.zmq.Again:
                more = False
                break
            now = time.time()
            record = self._record(parts, now)
            if record is not None:
                records.append(record)
                size += len(record)
                since = since or now
                if size >= min(_BURST_BYTES, self.spool.segment_bytes):
                    break
        if records:
            # Whatever comes in proves the subscription: from the first message on, the kernel's queue to us is whole.
            if not self.proven:
                self.proven, self.state, self.why = True, 'recording', ''
                self._stop_asking()
            self.spool.append(b''.join(records), len(records), since, now)
            self.unpublished = True
        return more

    # -- time

    def _publish(self):
        spool = self.spool
        state = {'state': self.state, 'why': self.why, 'pid': os.getpid(), 'kernel_id': self.kernel_id,
                 'birth': self.birth, 'first': spool.first, 'end': spool.end, 'bytes': spool.bytes,
                 'messages': spool.messages, 'forgotten': spool.forgotten, 'segments': spool.rows,
                 'dropped': spool.dropped, 'restarts': self.restarts, 'kernel_alive': self.connected,
                 'proven': self.proven, 'foreign': self.foreign, 'odd': self.odd, 'time': time.time()}
        try:
            _put(os.path.join(self.folder, 'state.json'), state)
        except OSError:
            return  # A full disk; the spool itself is what counts, and readers look past this file.
        self.published_at, self.unpublished = time.monotonic(), False

    def _prove(self, now):
        if self.ask_shell_at is not None and now >= self.ask_shell_at:
            self.ask_shell_at = None
            self._ask('shell')
        if self.ask_again_at is not None and now >= self.ask_again_at:
            self.ask_again_at = None
            for channel in list(self.asking):
                self._ask(channel)

    def _judge_kernel(self, now):
        """Ended: the connection file is gone for good, or the process is gone for long. Not final while we wait."""
        exists = os.path.exists(self.connection_file)
        self.gone_since = None if exists else self.gone_since or now
        if self.draining or (self.connected and (self.proven or exists)):
            return
        if exists:
            wire = self._load()
            if wire is not None and wire != self.wire:
                self.connect(wire)  # Restarted on other ports.
        gone = self.gone_since is not None and now - self.gone_since >= _FILE_GONE_SECONDS
        if self.state != 'ended' and (gone or (not self.connected and now - self.away_since >= _SILENT_SECONDS)):
            self.state, self.why, self.unpublished = 'ended', 'The kernel has ended.', True
            if self.wire is not None:
                self.connect(self.wire, _RECONNECT_ENDED_MS)

    def _judge_readers(self):
        """True when there is nothing left to do, and the spool can go."""
        self.readers, oldest = _readers(self.folder), time.time() - self.ttl_seconds
        for name, entry in list(self.readers.items()):
            if entry['seen'] < oldest:
                os.unlink(os.path.join(self.folder, name))
                del self.readers[name]
        if not self.readers:
            return True
        self.spool.slowest = max(self.spool.slowest, min(entry['position'] for entry in self.readers.values()))
        self.unpublished = self.spool.drop_acked() or self.unpublished
        order = _json(os.path.join(self.folder, 'stop.json'))
        if bool(order) != self.draining:
            self.draining, self.unpublished = bool(order), True
            if self.draining:
                self.state, self.why, self.stopped_at = 'ended', 'Recording was stopped on request.', time.time()
                self.close()
            else:
                self.state, self.why = 'starting', ''
                self.spool.hole(self.spool.end, self.spool.end, None, self.stopped_at, time.time(),
                                'Recording had been stopped on request.')
                self.connect(self._load() or self.wire)
        return bool(order.get('force')) or (self.state == 'ended' and self.spool.slowest >= self.spool.end)

    def leave(self, *_):
        self.leaving = True

    def _is_ours(self):
        """False when the folder was taken away under us: then somebody else may be writing one of this name."""
        try:
            return os.path.samestat(os.stat(os.path.join(self.folder, 'lock')), os.fstat(self.lock))
        except OSError:
            return False

    def run(self):
        """Records until told to leave, or until nothing is left to do."""
        signal.signal(signal.SIGTERM, self.leave)
        self._publish()
        wire = self._load()
        if wire is None:
            raise _Problem('The connection file of the kernel cannot be read.')
        self.connect(wire)
        _give_way()
        ticked_at = 0.0
        while not self.leaving:
            asking = self.ask_again_at is not None or self.ask_shell_at is not None
            busy = self.unpublished or self.spool.dirty or asking
            ready = dict(self.poller.poll(50 if busy else _TICK_MS))
            if self.monitor in ready:
                self._watch()
            if self.sub in ready and not self._drain():
                time.sleep(_GATHER_SECONDS)
            now = time.monotonic()
            for dealer in list(self.asking.values()):
                if dealer in ready:
                    dealer.recv_multipart()
                    # Answered, but its status did not reach us: the subscription was not there yet.
                    self.ask_again_at = now + 0.05
            self._prove(now)
            if now - ticked_at >= _TICK_MS / 1000:
                ticked_at = now
                if not self._is_ours():
                    return
                self._judge_kernel(now)
                if self._judge_readers():
                    self.close()
                    _remove(self.folder)
                    return
            if self.spool.dirty and now - self.synced_at >= _SYNC_SECONDS:
                self.spool.sync()
                self.synced_at = time.monotonic()
            if self.unpublished and now - self.published_at >= _PUBLISH_SECONDS:
                self._publish()
        for _ in range(_LAST_BURSTS):
            if self.sub is None or not self._drain():
                break
        self.close()
        self.spool.sync()
        self.state, self.why = 'stopped', 'The recorder was told to end by the system.'
        self._publish()


def _give_way():
    """Lets the kernel go first. Its PUB socket drops what its I/O thread cannot take over in time (1,000 messages).

    On Linux this holds for this thread only: the I/O thread of libzmq, started with the first socket, keeps pace.
    """
    if sys.platform.startswith('linux'):
        try:
            os.nice(_NICE)
        except OSError:
            pass


def _record_forever(folder):
    """The recorder's main. Orphaned on purpose: a kernel that shuts down ends all its children."""
    if os.fork() > 0:
        os._exit(0)
    os.umask(0o077)
    lock = _lock(folder, 2.0)
    if lock is None:
        return  # Another recorder is at work.
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode('ascii'))
    try:
        _Recorder(folder, lock).run()
    except Exception as error:
        traceback.print_exc()
        why = str(error) if isinstance(error, _Problem) else 'The recorder failed (%s).' % type(error).__name__
        path = os.path.join(folder, 'state.json')
        if os.path.isdir(folder):
            _put(path, dict(_json(path), state='failed', why=why, kernel_alive=False))


# ---- the helper kernel's side ----

_next_position = {}  # (kernel id, reader) -> where the last pull ended, so that pulls can be sent ahead of replies


class _Reply:
    """Carries text through `user_expressions`: the text/plain of its value is this repr, unquoted."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def _runtime_dirs():
    """Folders in which this server keeps connection files; first the one of the helper kernel's own."""
    found = []
    try:
        from ipykernel.connect import get_connection_file
        found.append(os.path.dirname(os.path.abspath(get_connection_file())))
    except Exception:
        found += [os.path.dirname(os.path.abspath(arg)) for arg in sys.argv[1:]
                  if arg.endswith('.json') and os.path.exists(arg)]
    if os.environ.get('JUPYTER_RUNTIME_DIR'):
        found.append(os.environ['JUPYTER_RUNTIME_DIR'])
    try:
        from jupyter_core.paths import jupyter_runtime_dir
        found.append(jupyter_runtime_dir())
    except Exception:
        pass
    return list(dict.fromkeys(path for path in found if os.path.isdir(path)))


def _bases():
    """Where spools may be. The second is for runtime folders that cannot be written to or do not know locks."""
    second = os.path.join(tempfile.gettempdir(), 'nightjar-%d' % os.getuid())
    return [os.path.join(path, 'nightjar') for path in _runtime_dirs()] + [second]


def _kernel_id(args):
    value = args.get('kernel_id')
    if not isinstance(value, str) or not re.match(r'[A-Za-z0-9_-]{1,128}$', value):
        raise _Problem('This is no kernel id.')
    return value


def _is_private(path):
    found = os.lstat(path)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _find(kernel_id):
    for base in _bases():
        folder = os.path.join(base, kernel_id)
        if os.path.isfile(os.path.join(folder, 'config.json')) and _is_private(folder):
            return folder
    return None


def _make(kernel_id):
    for base in _bases():
        folder = os.path.join(base, kernel_id)
        try:
            for path in (base, folder):
                if not os.path.isdir(path):
                    os.mkdir(path, 0o700)
            if _is_private(base) and _is_private(folder):
                if not _is_alive(folder):
                    os.listdir(folder)
                return folder
        except OSError:
            continue
    raise _Problem('No folder on the server could be written to, so nothing can be recorded there.')


def _is_alive(folder):
    fd = _lock(folder, shared=True)
    if fd is not None:
        os.close(fd)
    return fd is None


def _hear(folder, reader, position=None, sure=False):
    """Notes that a reader lives, and what it has safely. Known readers only, unless `sure`."""
    if not isinstance(reader, str):
        return None
    path = _reader_path(folder, reader)
    entry, now = _json(path), time.time()
    if not entry and not sure:
        return None
    reached = max(entry.get('position', 0), position or 0)
    # 30 s: contact is counted in days, and a pull need not cost a write.
    if reached != entry.get('position') or abs(now - entry.get('seen', 0)) > 30:
        _put(path, {'reader': reader, 'position': reached, 'seen': now})
    return reached


def _end(folder, state):
    """The end of the last whole record on the disk, which may be past what the recorder has published."""
    firsts = _segments(folder)
    if not firsts:
        return state.get('end', 0)
    start = max(firsts[-1], min(state.get('end', 0), firsts[-1] + os.path.getsize(_segment(folder, firsts[-1]))))
    return start + _whole(_read(_segment(folder, firsts[-1]), start - firsts[-1]))[0]


def _own_source():
    text = globals().get('nightjar_source') or ''.join(linecache.getlines(nightjar_call.__code__.co_filename))
    if _MARK not in text or 'def nightjar_call(' not in text:
        raise _Problem('The helper kernel does not keep the text it runs; set nightjar_source to it.')
    return text.encode('utf-8')


def _status(args):
    folder = _find(_kernel_id(args))
    if folder is None:
        return {'state': 'absent'}
    _hear(folder, args.get('reader'))
    alive, state = _is_alive(folder), _json(os.path.join(folder, 'state.json'))
    if not alive and state.get('state') != 'failed':
        state.update(state='stopped', why='No recorder runs for this kernel; what it kept can still be fetched.')
    state.setdefault('state', 'starting')
    if not alive:
        state.update(kernel_alive=False, pid=None)
    state.update(first=(_segments(folder) or [0])[0], end=_end(folder, state), spool=folder)
    for name in ('segments', 'forgotten'):
        state.pop(name, None)
    return state


def _spawn(folder, kernel_id, connection_file, source, args):
    """Prepares the spool under its lock, so that two helpers cannot do so at once, and starts the recorder."""
    lock = _lock(folder, 2.0)
    if lock is None:
        return
    try:
        state_path = os.path.join(folder, 'state.json')
        state = _json(state_path)
        if state:
            _put(state_path, dict(state, state='starting', why='', pid=None))
        birth = _json(os.path.join(folder, 'config.json')).get('birth') or uuid.uuid4().hex
        _put(os.path.join(folder, 'config.json'), {
            'kernel_id': kernel_id, 'connection_file': connection_file, 'birth': birth,
            'quota_bytes': args.get('quota_bytes') or _QUOTA_BYTES,
            'ttl_seconds': args.get('ttl_seconds') or _TTL_SECONDS})
        script = os.path.join(folder, 'recorder.py')
        _put(script, source)
        log = os.open(os.path.join(folder, 'log'), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    finally:
        os.close(lock)
    try:
        first = subprocess.Popen([sys.executable, script, _MARK, folder], stdin=subprocess.DEVNULL, cwd='/',
                                 stdout=subprocess.DEVNULL, stderr=log, start_new_session=True, close_fds=True)
        first.wait(_ANSWER_SECONDS)
    finally:
        os.close(log)


def _start(args):
    if fcntl is None:
        raise _Problem('This server runs on Windows, where the recorder cannot.')
    kernel_id, reader = _kernel_id(args), args.get('session')
    if not isinstance(reader, str) or not reader:
        raise _Problem('A recorder needs the name of its reader.')
    name = 'kernel-%s.json' % kernel_id
    candidates = [args.get('connection_file')] + [os.path.join(path, name) for path in _runtime_dirs()]
    found = [path for path in candidates if path and os.path.isfile(path)]
    folder, source = _find(kernel_id), _own_source()
    if not found and folder is None:
        raise _Problem('The connection file of the kernel is not on this machine; '
                       'the kernel runs elsewhere, or it has ended.')
    if not found:  # Nothing to record any more, but perhaps something to fetch.
        return dict(_status(args), position=_join(folder, reader))
    deadline = time.monotonic() + _ANSWER_SECONDS
    while True:
        folder = _find(kernel_id) or _make(kernel_id)
        position, stop = _join(folder, reader), os.path.join(folder, 'stop.json')
        resumed = os.path.exists(stop)
        if resumed:
            os.unlink(stop)
        if not _is_alive(folder):
            _spawn(folder, kernel_id, found[0], source, args)
        while time.monotonic() < deadline and os.path.isdir(folder):
            state = _json(os.path.join(folder, 'state.json')).get('state')
            if state == 'failed' or (state in ('recording', 'ended')[:1 if resumed else 2] and _is_alive(folder)):
                break
            time.sleep(0.02)
        if os.path.isdir(folder):
            break
        if time.monotonic() >= deadline:
            raise _Problem('The recorder ended while it was being started.')
    status = _status({'kernel_id': kernel_id})
    if status['state'] == 'starting' and not status.get('kernel_alive') and not status.get('messages'):
        # On its way, on a busy server, or gone for good: nothing waits for it here, and whoever wants it asks again.
        _stop({'kernel_id': kernel_id, 'reader': reader})
        return {'state': 'starting', 'position': position, 'why': 'The kernel does not listen yet.'}
    if status['state'] == 'starting':
        status['why'] = 'The kernel has not answered yet. Recording is certain only when it has.'
    if status['state'] == 'failed':
        return {'state': 'failed', 'why': status.get('why') or 'The recorder did not start.'}
    return dict(status, position=position)


def _join(folder, reader):
    """Registers a reader, a new one at the end of what is there; answers the position it goes on from."""
    known = _hear(folder, reader)
    end = _end(folder, _json(os.path.join(folder, 'state.json')))
    return _hear(folder, reader, end, sure=True) if known is None else known


def _slice(folder, position, most):
    """What stands at a position: (state, next position, messages, bytes)."""
    firsts = _segments(folder)
    before, after = [first for first in firsts if first <= position], [first for first in firsts if first > position]
    path, offset = (_segment(folder, before[-1]), position - before[-1]) if before else ('', 0)
    have = os.path.getsize(path) - offset if path else 0
    if have > 0:
        data = _read(path, offset, most)
        end, count, _, _, missing = _whole(data)
        if end == 0 and missing > 0 and len(data) >= _LEAST and len(data) + missing <= have:
            if len(data) + missing > _WHOLE_BYTES_MAX:
                return 'large', position + len(data) + missing, 1, b''
            data = _read(path, offset, len(data) + missing)
            end, count, _, _, missing = _whole(data)
        if end > 0:
            return 'data', position + end, count, data[:end]
        found = _resync(_read(path, offset), 0)
        if found > 0:
            return 'dropped', position + found, None, b''
    if after:
        return 'dropped', after[0], None, b''
    if have < 0:
        raise _Problem('The position lies past the end of the spool.')
    return 'data', position, 0, b''


def _place(args):
    """The spool and the position that a call is about."""
    kernel_id, position = _kernel_id(args), args.get('position')
    if position == 'next':
        position = _next_position.get((kernel_id, args.get('reader')))
    if not isinstance(position, int) or position < 0:
        raise _Problem('The recorder needs to know the position.')
    return kernel_id, _find(kernel_id), position


def _pull(args):
    kernel_id, folder, position = _place(args)
    if folder is None:
        return {'state': 'absent'}
    _hear(folder, args.get('reader'))
    most = max(int(args.get('max_bytes') or _PULL_BYTES), _SEGMENT_BYTES_MIN)
    while True:
        try:
            found, following, messages, raw = _slice(folder, position, most)
            break
        except FileNotFoundError:
            continue  # The recorder dropped a segment while we looked; each time around there are fewer.
    state = _json(os.path.join(folder, 'state.json'))
    holes = [hole for hole in state.get('dropped', []) if hole['to'] >= position and hole['from'] <= following]
    reply = {'state': found, 'position': position, 'next': following, 'end': max(following, _end(folder, state)),
             'messages': messages, 'raw': len(raw), 'holes': holes}
    if found == 'dropped':
        # The number is known when the reader stands where the drop began, which is what its acknowledgement tells.
        exact = bool(holes) and holes[0]['from'] == position and all(hole['messages'] is not None for hole in holes)
        reply.update(messages=sum(hole['messages'] for hole in holes) if exact else None,
                     why=holes[0]['why'] if holes else 'A part of the spool could not be read.')
    _next_position[(kernel_id, args.get('reader'))] = following
    return reply, raw


def _bytes(args):
    """Any bytes of a segment: for a record too large for one reply."""
    _, folder, position = _place(args)
    if folder is None:
        return {'state': 'absent'}
    first = max([first for first in _segments(folder) if first <= position] or [0])
    raw = _read(_segment(folder, first), position - first, min(int(args.get('bytes') or 0), _WHOLE_BYTES_MAX))
    return {'state': 'data', 'position': position, 'next': position + len(raw), 'raw': len(raw)}, raw


def _ack(args):
    _, folder, position = _place(args)
    if folder is None:
        return {'state': 'absent'}
    if not isinstance(args.get('reader'), str):
        raise _Problem('An acknowledgement needs the name of its reader.')
    if position > _end(folder, _json(os.path.join(folder, 'state.json'))):
        raise _Problem('The position lies past the end of the spool.')
    return {'state': 'acked', 'position': _hear(folder, args['reader'], position, sure=True)}


def _locate(args):
    """The position after the message with this id, searched from a position on: a reader that has it moves there."""
    _, folder, position = _place(args)
    msg_id = args.get('msg_id')
    if folder is None or not isinstance(msg_id, str):
        return {'state': 'absent'}
    wanted = json.dumps(msg_id).encode('ascii')
    while True:
        found, following, _, raw = _slice(folder, position, _SEGMENT_BYTES)
        at = 0
        while found == 'data' and at < len(raw) and raw.find(wanted, at) >= 0:
            end = at + _HEAD.size + _HEAD.unpack_from(raw, at)[1]
            frame = raw[at + _LEAST:end]
            first, last = struct.unpack_from('<QQ', frame, 16)
            if wanted in frame[first:last] and json.loads(frame[first:last].decode('utf-8')).get('msg_id') == msg_id:
                return {'state': 'found', 'position': position + end}
            at = end
        if not raw and found == 'data':
            return {'state': 'missing'}
        position = following


def _stop(args):
    """With a reader: nothing more is kept for it. Else recording stops; the spool goes when fetched, or by force."""
    folder, force = _find(_kernel_id(args)), bool(args.get('force'))
    if folder is None:
        return {'state': 'absent'}
    if isinstance(args.get('reader'), str):
        path = _reader_path(folder, args['reader'])
        if os.path.exists(path):
            os.unlink(path)
    else:
        _put(os.path.join(folder, 'stop.json'), {'stop': True, 'force': force})
    # The recorder looks once a second.
    deadline = time.monotonic() + 4 * _TICK_MS / 1000
    try:
        while (force or not _readers(folder)) and _is_alive(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        if force and not _is_alive(folder):
            _remove(folder)
    except OSError:
        pass  # Gone while we waited, as it should be.
    _cleanup({})
    return {'state': 'ended' if os.path.isdir(folder) else 'absent'}


def _list(_args):
    found = []
    for base in _bases():
        for name in sorted(os.listdir(base)) if os.path.isdir(base) else []:
            if _find(name) == os.path.join(base, name):
                status = _status({'kernel_id': name})
                status.update(kernel_id=name, readers=list(_readers(os.path.join(base, name)).values()))
                found.append(status)
    return {'state': 'list', 'spools': found}


def _cleanup(_args):
    """Removes what recorders that were killed left behind; a live recorder does so itself."""
    removed = []
    for base in _bases():
        for name in os.listdir(base) if os.path.isdir(base) else []:
            folder = os.path.join(base, name)
            if '.gone-' in name:
                shutil.rmtree(folder, ignore_errors=True)
            if _find(name) != folder:
                continue
            lock = _lock(folder)
            if lock is None:
                continue
            try:
                config = _json(os.path.join(folder, 'config.json'))
                oldest = time.time() - float(config.get('ttl_seconds', _TTL_SECONDS))
                end = _end(folder, _json(os.path.join(folder, 'state.json')))
                waiting = [entry for entry in _readers(folder).values() if entry['seen'] >= oldest]
                ended = not os.path.exists(str(config.get('connection_file')))
                if not waiting or (ended and all(entry['position'] >= end for entry in waiting)):
                    _remove(folder)
                    removed.append(name)
            finally:
                os.close(lock)
        if os.path.isdir(base) and not os.listdir(base):
            os.rmdir(base)
    return {'state': 'cleaned', 'removed': removed}


def nightjar_call(name, args_json='{}'):
    """The one door: calls a function by name with a JSON object of arguments."""
    try:
        calls = {'start': _start, 'status': _status, 'pull': _pull, 'bytes': _bytes, 'ack': _ack, 'locate': _locate,
                 'stop': _stop, 'list': _list, 'cleanup': _cleanup}
        args = json.loads(args_json)
        if name not in calls or not isinstance(args, dict):
            raise _Problem('The recorder has no function of this name.')
        reply, payload = calls[name](args), None
        if isinstance(reply, tuple):
            reply, payload = reply
    except _Problem as problem:
        reply, payload = {'state': 'failed', 'why': str(problem)}, None
    except Exception as error:
        # The type only: a message may hold paths or data, and goes to a person's screen.
        reply, payload = {'state': 'failed', 'why': 'The recorder could not do this (%s).' % type(error).__name__}, None
    text = json.dumps(reply, ensure_ascii=True)
    if payload is not None:
        text += '\t' + base64.b64encode(zlib.compress(payload, 1)).decode('ascii')
    return _Reply(text)


if __name__ == '__main__' and len(sys.argv) == 3 and sys.argv[1] == _MARK:
    _record_forever(sys.argv[2])
