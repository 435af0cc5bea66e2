"""From notices to messages, and from messages to letters that go out.

`bundle` makes one message of what a person is to be told on a day, `deliver` has the messages of a
pass sent by a `worker` for each channel, `compose` writes their letters, and `log` answers why
somebody got no mail. How long a message waits for its next try is in
`domain.messages.retry_pauses`, and how it is claimed and leased in `store.delivery.claims`.

Decisions: docs/why.md, “Sending”.
"""
