"""Who is who: the same person behind several conversations, with bounds.

No key is certain, so there are three rules. Each uses the keys of the rule before it and
one more, from strong to weak:

=========  ============================================================  =================
rule       keys                                                          errs by
=========  ============================================================  =================
strict     lead, Instagram account, a metadata field that the user       missing people
           names
default    the same and the customer's phone number                      both, a little
loose      the same and the address (IP), within one agent and a while   joining strangers
=========  ============================================================  =================

What holds for all of them:

- Keys are taken in this order. A conversation belongs to the person of the strongest key
  that ties it to somebody.
- A value of a weaker key joins people only if no two of them have different accounts of one
  kind (lead, Instagram, metadata). Otherwise it joins nobody: the people stay apart, and
  conversations that have nothing but this value have no user. `identity_conflicts` lists it.
  Two leads are two people even if two agents have one each for the same person.
- An address joins no two people who are known by a stronger key. It only adds conversations
  of nobody to the one person seen there, or makes a person of its own.
- A value that too many share (a switchboard, an office network) counts as missing, is
  listed too, and so do withheld numbers, placeholders ("unknown", "N/A") and addresses
  inside a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from chatdash_analysis.identity.rules import Settings, check, identified, identified_by_rule
from chatdash_analysis.identity.tables import conflict_table, summary_table, user_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["identify_users", "identity_conflicts", "identity_summary"]

Rule = Literal["strict", "default", "loose"]
Scope = Literal["agent", "all"]


def identify_users(
    conversations: pd.DataFrame,
    *,
    rule: Rule = "default",
    metadata_key: str | None = None,
    metadata_scope: Scope = "agent",
    within_hours: float = 168,
    hub_conversations: int = 20,
    hub_people: int = 3,
) -> pd.DataFrame:
    """Name the person behind each conversation, as far as something tells.

    Compare the three rules before a number about people is believed: the truth mostly
    lies between strict, which takes one person for several, and loose, which takes
    several for one. With loose, people who are known by their address alone cannot come
    back after more than `within_hours`, which lowers long retention.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations. With ``platform`` (and ``ended_reason``) the customer's side of a
        call is known better; see Notes.
    rule : {"default", "strict", "loose"}
        strict: ``lead_id``, ``instagram_id`` and `metadata_key`. default: the customer's
        phone number too. loose: ``ip_address`` too, within one agent and a time.
    metadata_key : str, optional
        Field of the JSON in ``metadata`` that identifies a person, such as "userId" or,
        inside another object, "variableValues.customer".
    metadata_scope : {"agent", "all"}
        Whether the values of `metadata_key` name the same person only within an agent,
        or everywhere. Clients number their users each on their own, so "all" is right
        only for values such as e-mail addresses, or agents of one client.
    within_hours : float
        Longest pause between two conversations that an address still links, in hours.
        Home addresses mostly last longer than a week [1]_, but the longer the pause, the
        more often somebody else has the address: of the pairs that loose finds in a
        sample of 30,000, 99.7 % are right at a day, 98 % at a week, 94 % at a month.
    hub_conversations : int
        Most conversations of one person: an address with more of them at one agent, and
        a phone number or metadata value with more in any seven days, is taken for a
        shared one. Twenty is far above what people do and below an office or a
        switchboard; an address's conversations are counted over the whole table.
    hub_people : int
        Most people (by stronger keys) whom an address may have met at one agent: more
        than a household is a shared network.

    Returns
    -------
    pandas.DataFrame
        A new table: the columns given, then ``user_id`` (name of the person, missing
        when nothing identifies one) and ``user_key`` (which kind of key ties the
        conversation to the person: lead, instagram, metadata, phone or ip), both str.

    Raises
    ------
    MissingColumnsError
        If a column that the rule uses is not there.
    InputError
        If an argument is not possible, or ``created_at`` has no time zone.

    Notes
    -----
    ``user_id`` is the id of the lead where there is one, otherwise the kind of the
    strongest key and 16 digits of the SHA-256 digest of its value. It does not depend on
    the order of the rows, and other rows change it only if they show that two keys are
    one person, that a value is shared, or (ip) when a visit began. Whoever tries all
    phone numbers or addresses can undo a digest: ``user_id`` is personal data.

    On Vapi and ElevenLabs ``phone`` is the customer. On Retell it is whoever called, and
    no column says whether that was the agent: of the two numbers the one that met more
    different numbers in the agent's calls is taken for the agent's own; calls that ended
    unanswered show who dialled. Where the platform is not known the same is done. If
    the two sides look alike (few calls), the number counts as missing. An agent with
    more numbers than customers is read rightly only by its unanswered calls.

    References
    ----------
    .. [1] Mishra et al., Don't count me out: on the relevance of IP addresses in the
       tracking ecosystem, The Web Conference 2020.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> people = cda.identify_users(cda.load_sample(300))
    >>> people["user_key"].value_counts().index.tolist()
    ['phone', 'lead', 'instagram']
    """
    settings = Settings(metadata_key, metadata_scope, within_hours, hub_conversations, hub_people)
    check(conversations, rule, settings, "identify_users")
    return conversations.assign(**user_columns(identified(conversations, rule, settings)))


def identity_conflicts(
    conversations: pd.DataFrame,
    *,
    rule: Rule = "default",
    metadata_key: str | None = None,
    metadata_scope: Scope = "agent",
    within_hours: float = 168,
    hub_conversations: int = 20,
    hub_people: int = 3,
) -> pd.DataFrame:
    """List the values that would have joined people whom a stronger key tells apart.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations, as for `identify_users`.
    rule, metadata_key, metadata_scope, within_hours, hub_conversations, hub_people
        As for `identify_users`.

    Returns
    -------
    pandas.DataFrame
        One row a refused value, those of most conversations first: ``conflict`` (a digest
        that names the value), ``key`` (its kind), ``reason`` (several leads, several
        instagram accounts, several metadata ids, chain of people: it and other values
        together; several people: an address; too many conversations or too many people),
        ``conversations`` (that have the value), ``without_user`` (of them, left without a
        user), ``users`` (people whom stronger keys tell apart there), ``user_ids`` (the
        first twenty), ``agents``, ``agent_ids`` (likewise).

    Raises
    ------
    MissingColumnsError
        If a column that the rule uses is not there.
    InputError
        If an argument is not possible, or ``created_at`` has no time zone.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> conflicts = cda.identity_conflicts(cda.load_sample(), rule="loose")
    >>> conflicts[["key", "reason", "agents"]].to_numpy().tolist()
    [['ip', 'too many conversations', 1]]
    """
    settings = Settings(metadata_key, metadata_scope, within_hours, hub_conversations, hub_people)
    check(conversations, rule, settings, "identity_conflicts")
    return conflict_table(conversations, identified(conversations, rule, settings))


def identity_summary(
    conversations: pd.DataFrame,
    *,
    metadata_key: str | None = None,
    metadata_scope: Scope = "agent",
    within_hours: float = 168,
    hub_conversations: int = 20,
    hub_people: int = 3,
) -> pd.DataFrame:
    """Compare the three rules: how many conversations have a user, and how many users.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with the columns of the rule "loose".
    metadata_key, metadata_scope, within_hours, hub_conversations, hub_people
        As for `identify_users`.

    Returns
    -------
    pandas.DataFrame
        One row a rule, from strict to loose: ``rule``, ``conversations``, ``identified``
        (that have a user), ``coverage`` (their share), ``users``,
        ``conversations_per_user`` (identified ones), ``conflicts`` (rows of
        `identity_conflicts`).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument is not possible, or ``created_at`` has no time zone.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> summary = cda.identity_summary(cda.load_sample(300))
    >>> summary[["rule", "identified"]].to_numpy().tolist()
    [['strict', 86], ['default', 199], ['loose', 282]]
    """
    settings = Settings(metadata_key, metadata_scope, within_hours, hub_conversations, hub_people)
    check(conversations, "loose", settings, "identity_summary")
    return summary_table(list(identified_by_rule(conversations, "loose", settings)))
