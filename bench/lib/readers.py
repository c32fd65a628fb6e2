"""Readers that ask at a steady pace, whatever the answers take, from a process of their own."""

import collections
import multiprocessing
import select
import time

from lib.wire import Closed, Http, measure_answer


class Readers:
    """Asks one of `requests` after the other, `pace` a second, over some connections. The time of
    an answer counts from when it was due to be asked, so a server that stalls is not spared."""

    def __init__(self, url, requests, pace, connections):
        self.orders, orders = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=ask_on, args=(url, requests, pace, connections, orders))
        self.process.start()

    def stop(self):
        """Ends them; gives every answer: when due, seconds, status, entity tag."""
        self.orders.send("stop")
        answers = self.orders.recv()
        self.process.join()
        if isinstance(answers, str):
            raise RuntimeError(answers)
        return answers


def ask_on(url, requests, pace, connections, orders):
    try:
        answers = loop(url, requests, pace, connections, orders)
    except (OSError, Closed) as error:
        answers = f"readers: {error!r}"
    while not orders.poll():
        time.sleep(0.01)
    orders.recv()
    orders.send(answers)


def loop(url, requests, pace, connections, orders):
    idle = [Http(url) for _ in range(connections)]
    busy, waiting, answers = {}, collections.deque(), []
    due, turn = time.monotonic(), 0
    while True:
        now = time.monotonic()
        while due <= now:
            waiting.append(due)
            due += 1 / pace
        while waiting and idle:
            client = idle.pop()
            client.socket.sendall(requests[turn % len(requests)])
            turn += 1
            busy[client.socket] = [client, waiting.popleft(), 0]
        ready, _, _ = select.select([*busy, orders], [], [], max(0, due - time.monotonic()))
        for one in ready:
            if one is orders:
                return answers
            if answer := receive(busy[one]):
                answers.append(answer)
                idle.append(busy.pop(one)[0])


def receive(state):
    """Reads what is there; the answer, if that was the last of it."""
    client, asked, have = state
    if have == len(client.room):
        client.room.extend(bytes(have))
    have += client.receive(have)
    state[2] = have
    whole = measure_answer(client.room, have)
    if whole is None or have < whole[1]:
        return None
    seconds = time.monotonic() - asked
    head = bytes(client.room[: whole[0]]).decode("latin-1")
    tag = next((line for line in head.split("\r\n") if line.lower().startswith("etag:")), "")
    return asked, seconds, int(head[9:12]), tag
