"""A paper as a file, through the gateway: pieces larger than other bodies, and a link for the officer."""

import hashlib
import secrets
import zlib

from tests.support.platform import APPLICATION, Answer, Client, Platform

PIECE_BYTES = 200_000  # three times what other operations read


def noisy_png() -> bytes:
    """A valid PNG of some 300 kB: noise does not get smaller."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)

    rows = b"".join(b"\0" + secrets.token_bytes(900) for _ in range(330))
    head = (300).to_bytes(4) + (330).to_bytes(4) + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def send_piece(by: Client, attachment_id: str, number: int, piece: bytes) -> Answer:
    headers = {"Authorization": f"Bearer {by.token}", "Content-Type": "application/octet-stream"}
    return by.call("PUT", f"/v1/attachments/{attachment_id}/pieces/{number}", piece, headers)


def test_a_paper_is_sent_in_pieces_and_read_by_the_officer_of_the_district_alone(platform: Platform) -> None:
    kiosk, content = platform.client("kiosk-jaipur"), noisy_png()
    announced = {
        "media_type": "image/png",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "piece_bytes": PIECE_BYTES,
    }
    begun = kiosk.post("/v1/attachments", announced).expect(201).json
    attachment_id = begun["attachment_id"]
    assert begun["missing"] == [0, 1]
    too_much = send_piece(kiosk, attachment_id, 0, bytes(256 * 1024 + 1)).expect(413)
    assert too_much.json["code"] == "body-too-large"
    for number in (1, 0):
        piece = content[number * PIECE_BYTES : (number + 1) * PIECE_BYTES]
        send_piece(kiosk, attachment_id, number, piece).expect(200)
    ready = kiosk.post(f"/v1/attachments/{attachment_id}/completions", None).expect(200).json
    assert ready["state"] == "READY", ready
    attached = {**APPLICATION, "attachments": [{"code": "photograph", "attachment_id": attachment_id}]}
    application = kiosk.post("/v1/applications", attached).expect(201).json

    (listed,) = (
        platform.client("officer-tehsildar-jaipur")
        .get(f"/v1/applications/{application['application_id']}/attachments")
        .expect(200)
        .json["items"]
    )
    link = (
        platform.client("officer-tehsildar-jaipur")
        .post(f"/v1/attachments/{listed['attachment_id']}/links", None)
        .expect(201)
        .json["url"]
    )

    got = platform.call("GET", link).expect(200)
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.raw[16:24] == content[16:24]  # width and height
    platform.call("GET", link[:-1] + ("A" if link[-1] != "A" else "B")).expect(404)
    stranger = platform.client("kiosk-jodhpur")
    stranger.get(f"/v1/attachments/{attachment_id}").expect(404)
    stranger.post(f"/v1/attachments/{attachment_id}/links", None).expect(404)
