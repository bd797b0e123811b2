"""The two states of an attachment, over every action and role."""

import hashlib

import wire
from test_transitions import Walk


class Attachment:
    """A picture of the group meeting M001, added by whoever is to take the next step; else by the office."""

    subject = "attachment"
    firsts = ("add",)
    actions = ("add", "void")
    states = ("kept", "void")
    count = 0

    def reach(self, walk, state, action=None, role="office"):
        # Deputies and units add to feedback alone, and units to what they were given.
        record = {"subject": "feedback", "record_code": "F01"} if role in ("deputy", "unit") else {
            "subject": "meeting", "record_code": "M001"}
        Attachment.count += 1
        data = b"\xff\xd8\xff" + str(Attachment.count).encode()
        id = wire.uuid7()
        walk.do(role, "AttachmentStart", attachment_id=id, name="a.jpg", type="jpeg", size=len(data),
                sha256=hashlib.sha256(data).digest(), **record)
        walk.do(role, "AttachmentChunk", attachment_id=id, number=0, bytes=data)
        walk.do(role, "AttachmentFinish", attachment_id=id)
        if state == "void":
            self.act(walk, id, "void", "office")
        return id

    def act(self, walk, id, action, role):
        walk.do(role, "VoidAttachment", attachment_id=id, reason="拍错了")

    def state_of(self, walk, id):
        return walk.centre.one(
            f"select case when void_reason is null then 'kept' else 'void' end from data.attachment"
            f" where attachment_id = '{id.hex()}'")


class Walked(Walk):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What the unit was given.
        cls.centre.sql("update data.feedback set state = 'handling', unit_id = (select unit_id from data.unit as u"
                       " where u.code = 'U01' and u.town_id = feedback.town_id)")

    def test_attachment(self):
        self.walk(Attachment())
