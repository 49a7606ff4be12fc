"""What a conversation promises, as seen in the help desk, by the user and in storage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from switchboard.domain.chat import Chat, Question, QuestionState
from switchboard.domain.errors import ChatNotFound
from switchboard.domain.ids import TicketId
from switchboard.domain.jobs import ArticleJob
from switchboard.domain.notes import is_owed
from switchboard.domain.ticket import AUTOMATIC_SUBJECT, Article
from tests.property.actors import Actors, over
from worker.phrases import apology

APOLOGY = apology("de")


class Promises:
    """Each method asserts one of them: the first ones hold at any time, the others in the end."""

    def __init__(self, actors: Actors) -> None:
        self.actors, self.desk, self.zammad = actors, actors.desk, actors.zammad

    def kept_at_any_time(self) -> None:
        self.nothing_is_there_twice()
        self.messages_are_in_the_order_they_were_typed()
        self.what_was_accepted_is_shown()
        self.the_bot_speaks_only_where_it_may()
        self.the_bridge_does_not_talk_to_itself()

    def nothing_is_there_twice(self) -> None:
        """No user message, no answer or apology, no note, no translation is there twice."""
        articles = [a for t in self.zammad.alive for a in self.zammad.tickets[t].articles]
        _once(a.body for a in articles if a.body.startswith(("text ", "echo: ", "[")))
        marks = [self.zammad.marks[a.id] for a in articles if not self._looks_like_others(a)]
        _once(mark for mark in marks if mark)
        for ticket in self.zammad.alive:
            apologies = [a for a in self.zammad.tickets[ticket].articles if a.body == APOLOGY]
            assert len(apologies) <= len(
                [q for q in self._questions(ticket) if q.answer == APOLOGY]
            )

    def messages_are_in_the_order_they_were_typed(self) -> None:
        """User messages stand in tickets and chats in their order, if one came after the other.

        Not what was refused first and taken later.
        """
        for ticket in self.zammad.alive:
            self._in_order(self.actors.delivered(ticket))
        for chat in self.desk.chats.stored.values():
            self._in_order([m.content for m in chat.messages if not m.refused])

    def what_was_accepted_is_shown(self) -> None:
        """An accepted message stands in one chat, a doubtful one in at most one."""
        for text, sent in self.actors.sent.items():
            count = len(self.actors.holders(text))
            assert count <= 1, f"{text} is in {count} chats"
            assert count == 1 or sent.doubtful, f"{text} was accepted and is gone"

    def the_bot_speaks_only_where_it_may(self) -> None:
        """It had looked, no human had answered the question, and automatic answers were on."""
        assert not self.zammad.offences

    def the_bridge_does_not_talk_to_itself(self) -> None:
        """Nothing that it wrote is a question, an adviser's answer or worth a job."""
        asked = {text for texts in self.desk.bot.asked for text in texts}
        assert asked <= set(self.actors.sent)
        automatic = {a.id for a in self._articles() if a.subject == AUTOMATIC_SUBJECT}
        for job in (*self.desk.queue.jobs, *self.desk.parked):
            assert not isinstance(job, ArticleJob) or job.article not in automatic
        translated = [a.body.split()[:2] for a in self._articles() if a.body.startswith("[")]
        assert all(words in (["[en]", "text"], ["[de]", "human"]) for words in translated)

    def the_current_chat_waits_for_nobody(self) -> None:
        """Whoever looks at their chat gets it going again, be its jobs lost."""
        chat = self.desk.chat()
        merged = {t for t, ticket in self.zammad.tickets.items() if ticket.state == "merged"}
        assert chat.ended or chat.ticket_id not in merged
        if not over(chat, self.zammad):
            assert not chat.pending
            assert not [m for m in chat.messages if m.waits]

    def kept_in_the_end(self) -> None:
        self.kept_at_any_time()
        self.nothing_is_lost()
        for chat in self.desk.chats.stored.values():
            assert all(self.actors.sent[m.content].doubtful for m in chat.pending)
            if not over(chat, self.zammad) and chat.ticket_id is not None:
                self.nobody_is_left_waiting(chat)
                self.nobody_writes_into_a_closed_ticket(chat)
                refused = {m.id for m in chat.messages if m.refused}
                owed = [p.key.partition(".")[2] for p in chat.postings if is_owed(chat, p.key)]
                assert refused.issuperset(owed)
        self.the_view_is_what_the_ticket_says()

    def nothing_is_lost(self) -> None:
        """Each accepted message has reached a ticket, but for those that Zammad refused.

        One that was merged away is none that anybody reads. A file that is gone is named.
        """
        read = [t for t in self.zammad.tickets.values() if t.state != "merged"]
        bodies = {a.body.partition("<br>[")[0] for ticket in read for a in ticket.articles}
        for text, sent in self.actors.sent.items():
            refused = any(message.refused for _, message in self.actors.holders(text))
            assert text in bodies or refused or sent.doubtful, f"{text} is lost"

    def nobody_is_left_waiting(self, chat: Chat) -> None:
        """An accepted question has an answer or an apology, or a human had reason to answer."""
        assert chat.ticket_id is not None
        articles = self.zammad.tickets[chat.ticket_id].articles
        questions = [
            (m, m.question)
            for m in chat.messages
            if m.question and not m.refused and not self.actors.sent[m.content].doubtful
        ]
        states = {question.state for _, question in questions}
        assert states <= {QuestionState.ANSWERED, QuestionState.DROPPED}
        written = {self.zammad.marks[a.id] for a in self._articles()}
        for message, question in questions:
            is_certain = question.answer != APOLOGY or not self.zammad.drops_message_ids
            if question.state is QuestionState.ANSWERED and is_certain:
                assert f"<answer.{message.id}@switchboard>" in written
        briefs = [mark for mark in written if mark.startswith("<brief.")]
        hand_overs = [q for _, q in questions if q.hands_off and q.state is QuestionState.ANSWERED]
        assert len(briefs) >= len(hand_overs)
        human = any(a.subject == "" for a in articles)
        has_reason = human or briefs or self.actors.switched_off
        assert has_reason or QuestionState.DROPPED not in states

    def nobody_writes_into_a_closed_ticket(self, chat: Chat) -> None:
        """What the user writes after a closing opens the ticket, if anything tells of that.

        A webhook does, or the look before an answer. Not what a human has answered since, nor
        what the user was told had failed.
        """
        assert chat.ticket_id is not None
        ticket = self.zammad.tickets[chat.ticket_id]
        if not ticket.closed:
            return
        _, told = self.actors.closings[chat.ticket_id]
        last = max(a.id for a in ticket.articles if a.body.startswith("human "))
        for message in chat.messages:
            sent, question = self.actors.sent.get(message.content), message.question
            looked = question is not None and question.state is QuestionState.ANSWERED
            if sent and not sent.doubtful and (looked or told):
                assert (message.article_id or 0) < last

    def the_view_is_what_the_ticket_says(self) -> None:
        """The user sees the public articles of the ticket, each once, and nothing else.

        They do within `syncSeconds`, whatever became of the webhooks.
        """
        self.desk.clock.advance(self.desk.region.sync_seconds)
        try:
            chat = self.desk.read()
        except ChatNotFound:
            assert over(self.desk.chat(), self.zammad)
            return
        if chat.ticket_id is not None:
            articles = self.zammad.tickets[chat.ticket_id].articles
            public = [a.id for a in articles if not a.internal]
            assert sorted(m.shown_id for m in chat.messages if not m.refused) == public

    def _looks_like_others(self, article: Article) -> bool:
        """Apologies have the same words: without markers it does not matter whose each one is."""
        return self.zammad.drops_message_ids and article.body == APOLOGY

    def _questions(self, ticket: TicketId) -> Iterator[Question]:
        for chat in self.desk.chats.stored.values():
            if chat.ticket_id == ticket:
                yield from (m.question for m in chat.messages if m.question)

    def _articles(self) -> Iterator[Article]:
        for ticket in self.zammad.tickets.values():
            yield from ticket.articles

    def _begins_anew(self, text: str) -> bool:
        """It, or another message of the same moment, was sent with `force_new`."""
        at_once = {text, *self.actors.sent[text].concurrent}
        return any(self.actors.sent[one].fields["force_new"] for one in at_once)

    def _in_order(self, texts: Sequence[str]) -> None:
        """Of messages before and after a `force_new` only those in one chat have an order."""
        typed = [
            self.actors.sent[text]
            for text in texts
            if text in self.actors.sent and text not in self.zammad.rejected
        ]
        order = list(self.actors.sent)
        for later, earlier in zip(typed[1:], typed, strict=False):
            between = order[order.index(later.text) : order.index(earlier.text) + 1]
            assert (
                order.index(earlier.text) < order.index(later.text)
                or later.text in earlier.concurrent
                or any(self._begins_anew(text) for text in between)
            ), texts


def _once(items: Iterable[str]) -> None:
    counts = Counter(items)
    assert all(count == 1 for count in counts.values()), counts
