-- The ledger's rules in PostgreSQL, as one would write them for speed: double entry, limits, holds, caps, and ids that
-- make a command happen once. Answers are codes, 0 for done; a command that was refused stays refused.
--
-- Accounts are locked in the order of their ids, and caps after accounts in the order of theirs, so that no two
-- transactions wait for each other. Nothing is asked of rights, nor of consent between scopes, and a transfer does not
-- look for holds that are past their deadline: the machine does all three.

create table account (
    id bigint primary key,
    scope int not null,
    unit int not null,
    debits bigint not null default 0,
    credits bigint not null default 0,
    debits_held bigint not null default 0,
    credits_held bigint not null default 0,
    credit_limit bigint not null default 0 check (credit_limit >= 0),
    balance_max bigint,
    unbounded boolean not null default false,
    frozen boolean not null default false,
    closed boolean not null default false,
    check (unbounded or debits + debits_held <= credits + credit_limit),
    check (balance_max is null or credits + credits_held <= debits + balance_max)
    -- Room on each page, so that a change of counters touches no index.
) with (fillfactor = 50);

-- One row, both sides.
create table entry (
    id bigint generated always as identity primary key,
    command uuid not null,
    debit bigint not null,
    credit bigint not null,
    amount bigint not null check (amount > 0),
    at bigint not null
);

-- What each id was given to, and its answer, for ever.
create table command (
    id uuid primary key,
    kind "char" not null,
    debit bigint,
    credit bigint,
    amount bigint,
    hold uuid,
    code smallint not null default 0
);

create table hold (
    id uuid primary key,
    debit bigint not null,
    credit bigint not null,
    amount bigint not null check (amount > 0),
    deadline bigint not null,
    placed bigint not null
);
create index on hold (deadline);

-- How much an account may spend (0: all accounts of the scope and unit together), in all or in each window.
create table cap (
    scope int not null,
    unit int not null,
    account bigint not null,
    window_ms bigint not null,
    max bigint not null,
    window_no bigint not null default 0,
    used bigint not null default 0,
    primary key (scope, unit, account, window_ms),
    check (used >= 0 and used <= max)
);

create table code (code smallint primary key, name text not null);
insert into code values
    (0, 'done'), (1, 'id_taken'), (4, 'amount'), (5, 'same_account'), (10, 'mismatch'), (11, 'deadline'),
    (14, 'expiry_missing'), (18, 'unknown_account'), (20, 'unknown_hold'), (21, 'hold_exists'), (23, 'not_due'),
    (24, 'over_settled'), (25, 'closed'), (26, 'frozen'), (30, 'cap_passed'), (31, 'insufficient'), (32, 'balance_max');

create function window_of(at bigint, window_ms bigint) returns bigint language sql immutable
    return case when window_ms = 0 then 0 else at / window_ms end;

-- Whether an id is new; else the answer to it: what it was answered before, or that it is another's. The insert waits
-- for a transaction that is about to use the same id.
create function recall(p_id uuid, p_kind "char", p_debit bigint, p_credit bigint, p_amount bigint, p_hold uuid)
    returns smallint language plpgsql as $$
declare
    known command;
begin
    insert into command (id, kind, debit, credit, amount, hold)
        values (p_id, p_kind, p_debit, p_credit, p_amount, p_hold) on conflict do nothing;
    if found then return null; end if;
    select * into strict known from command where id = p_id;
    if (known.kind, known.debit, known.credit, known.amount, known.hold)
        is distinct from (p_kind, p_debit, p_credit, p_amount, p_hold) then
        return 1;
    end if;
    return known.code;
end $$;

-- Writes a refusal down.
create function refuse(p_id uuid, p_code smallint) returns smallint language sql begin atomic
    update command set code = p_code where id = p_id returning code;
end;

-- Locks both accounts and the payer's caps, and says what refuses the amount; counts it against the caps if nothing does.
create function decide(p_from bigint, p_to bigint, p_amount bigint, p_at bigint) returns smallint
    language plpgsql as $$
declare
    side account;
    payer account;
    payee account;
    bound record;
begin
    if p_amount is null or p_amount <= 0 then return 4; end if;
    if p_from = p_to then return 5; end if;
    for side in select * from account where id in (p_from, p_to) order by id for update loop
        if side.id = p_from then payer := side; else payee := side; end if;
    end loop;
    if payer.id is null or payee.id is null then return 18; end if;
    if payer.scope <> payee.scope or payer.unit <> payee.unit then return 10; end if;
    if payer.closed or payee.closed then return 25; end if;
    if payer.frozen or payee.frozen then return 26; end if;
    for bound in
        select account, window_ms, max, case when window_no = window_of(p_at, window_ms) then used else 0 end as used
        from cap where scope = payer.scope and unit = payer.unit and account in (0, p_from)
        order by account, window_ms for update
    loop
        if bound.used + p_amount > bound.max then return 30; end if;
    end loop;
    if not payer.unbounded and payer.debits + payer.debits_held + p_amount > payer.credits + payer.credit_limit then
        return 31;
    end if;
    if payee.credits + payee.credits_held + p_amount > payee.debits + payee.balance_max then return 32; end if;
    if bound is not null then
        update cap set window_no = window_of(p_at, window_ms),
            used = p_amount + case when window_no = window_of(p_at, window_ms) then used else 0 end
        where scope = payer.scope and unit = payer.unit and account in (0, p_from);
    end if;
    return 0;
end $$;

-- One transfer: its code.
create function transfer(p_id uuid, p_from bigint, p_to bigint, p_amount bigint, p_at bigint) returns smallint
    language plpgsql as $$
declare
    answer smallint := recall(p_id, 't', p_from, p_to, p_amount, null);
begin
    if answer is not null then return answer; end if;
    answer := decide(p_from, p_to, p_amount, p_at);
    if answer <> 0 then return refuse(p_id, answer); end if;
    update account set
        debits = debits + case when id = p_from then p_amount else 0 end,
        credits = credits + case when id = p_to then p_amount else 0 end
    where id in (p_from, p_to);
    insert into entry (command, debit, credit, amount, at) values (p_id, p_from, p_to, p_amount, p_at);
    return 0;
end $$;

-- Locks accounts in their order. A row that changed while this waited for another is looked at again, each by itself:
-- with `id = any (…)` that would search the whole array for each, which takes most of a second for a thousand.
create function lock_accounts(p_ids bigint[]) returns void language plpgsql as $$
begin
    perform from account a join (select distinct i from unnest(p_ids) as t(i)) named on a.id = named.i
        order by a.id for update of a;
end $$;

-- Many transfers, each with an id of its own: their codes. If all are new and every account covers all that it pays and
-- has room for all that it gets, whatever their order, they are made as sets; else one after the other.
create function transfers(p_ids uuid[], p_from bigint[], p_to bigint[], p_amounts bigint[], p_at bigint)
    returns smallint[] language plpgsql as $$
declare
    touched bigint;
    changed bigint;
begin
    begin
        if exists (select from unnest(p_from, p_to, p_amounts) as t(f, c, n) where f = c or n <= 0 or n is null) then
            raise exception using errcode = 'ZL001';
        end if;
        insert into command (id, kind, debit, credit, amount)
            select i, 't', f, c, n from unnest(p_ids, p_from, p_to, p_amounts) as t(i, f, c, n) order by i;
        perform lock_accounts(p_from || p_to);
        with moved as (
            select id, sum(paid)::bigint as paid, sum(got)::bigint as got from (
                select f as id, n as paid, 0 as got from unnest(p_from, p_amounts) as t(f, n)
                union all
                select c, 0, n from unnest(p_to, p_amounts) as t(c, n)
            ) as sides group by id
        ), updated as (
            update account a set debits = a.debits + m.paid, credits = a.credits + m.got from moved m
            where a.id = m.id and not a.closed and not a.frozen
                and (a.unbounded or a.debits + a.debits_held + m.paid <= a.credits + a.credit_limit)
                and (a.balance_max is null or a.credits + a.credits_held + m.got <= a.debits + a.balance_max)
            returning 1
        )
        select (select count(*) from moved), (select count(*) from updated) into touched, changed;
        if touched <> changed or exists (
            select from unnest(p_from, p_to) as t(f, c)
            join account x on x.id = f join account y on y.id = c where (x.scope, x.unit) <> (y.scope, y.unit)
        ) then
            raise exception using errcode = 'ZL001';
        end if;
        if exists (select from cap) then
            perform from cap c join (select distinct a from unnest(p_from || 0::bigint) as t(a)) named on c.account = named.a
                order by scope, unit, account, window_ms for update of c;
            with paid as (
                select a.scope, a.unit, a.id, sum(n)::bigint as n
                from unnest(p_from, p_amounts) as t(f, n) join account a on a.id = f group by a.id
            ), bound as (
                select scope, unit, id, n from paid
                union all select scope, unit, 0, sum(n)::bigint from paid group by scope, unit
            ), counted as (
                select c.scope, c.unit, c.account, c.window_ms, b.n
                from bound b join cap c on c.scope = b.scope and c.unit = b.unit and c.account = b.id
            ), updated as (
                update cap c set window_no = window_of(p_at, c.window_ms),
                    used = k.n + case when c.window_no = window_of(p_at, c.window_ms) then c.used else 0 end
                from counted k
                where (c.scope, c.unit, c.account, c.window_ms) = (k.scope, k.unit, k.account, k.window_ms)
                    and k.n + case when c.window_no = window_of(p_at, c.window_ms) then c.used else 0 end <= c.max
                returning 1
            )
            select (select count(*) from counted), (select count(*) from updated) into touched, changed;
            if touched <> changed then raise exception using errcode = 'ZL001'; end if;
        end if;
        insert into entry (command, debit, credit, amount, at)
            select i, f, c, n, p_at from unnest(p_ids, p_from, p_to, p_amounts) as t(i, f, c, n);
        return array_fill(0::smallint, array[cardinality(p_ids)]);
    exception when unique_violation or sqlstate 'ZL001' then
        -- Taken back to where the block began.
    end;
    -- In one order for all who do this, so that none waits for one that waits for it.
    perform lock_accounts(p_from || p_to);
    return array(
        select transfer(i, f, c, n, p_at)
        from unnest(p_ids, p_from, p_to, p_amounts) with ordinality as t(i, f, c, n, at) order by at
    );
end $$;

-- Sets units aside.
create function place_hold(p_id uuid, p_hold uuid, p_from bigint, p_to bigint, p_amount bigint, p_deadline bigint,
    p_at bigint) returns smallint language plpgsql as $$
declare
    answer smallint := recall(p_id, 'h', p_from, p_to, p_amount, p_hold);
begin
    if answer is not null then return answer; end if;
    if p_deadline <= p_at then return refuse(p_id, 11::smallint); end if;
    if exists (select from hold where deadline <= p_at) then return refuse(p_id, 14::smallint); end if;
    if exists (select from hold where id = p_hold) then return refuse(p_id, 21::smallint); end if;
    answer := decide(p_from, p_to, p_amount, p_at);
    if answer <> 0 then return refuse(p_id, answer); end if;
    update account set
        debits_held = debits_held + case when id = p_from then p_amount else 0 end,
        credits_held = credits_held + case when id = p_to then p_amount else 0 end
    where id in (p_from, p_to);
    insert into hold values (p_hold, p_from, p_to, p_amount, p_deadline, p_at);
    return 0;
end $$;

-- Ends a hold: settles so much of it (all, when null), and returns the rest; voids it with 0. Past its deadline it does
-- nothing but expire, by `p_expire`.
create function end_hold(p_id uuid, p_hold uuid, p_amount bigint, p_expire boolean, p_at bigint) returns smallint
    language plpgsql as $$
declare
    answer smallint :=
        recall(p_id, case when p_expire then 'e'::"char" else 's'::"char" end, null, null, p_amount, p_hold);
    ended hold;
    moves bigint;
    payer account;
begin
    if answer is not null then return answer; end if;
    select * into ended from hold where id = p_hold for update;
    if not found then return refuse(p_id, 20::smallint); end if;
    if p_expire and ended.deadline > p_at then return refuse(p_id, 23::smallint); end if;
    if not p_expire and ended.deadline <= p_at then return refuse(p_id, 14::smallint); end if;
    moves := case when p_expire then 0 else coalesce(p_amount, ended.amount) end;
    if moves < 0 or moves > ended.amount then return refuse(p_id, 24::smallint); end if;
    perform from account where id in (ended.debit, ended.credit) order by id for update;
    if moves > 0 and exists (select from account where id in (ended.debit, ended.credit) and frozen) then
        return refuse(p_id, 26::smallint);
    end if;
    update account set
        debits_held = debits_held - case when id = ended.debit then ended.amount else 0 end,
        credits_held = credits_held - case when id = ended.credit then ended.amount else 0 end,
        debits = debits + case when id = ended.debit then moves else 0 end,
        credits = credits + case when id = ended.credit then moves else 0 end
    where id in (ended.debit, ended.credit);
    if moves > 0 then
        insert into entry (command, debit, credit, amount, at) values (p_id, ended.debit, ended.credit, moves, p_at);
    end if;
    select * into payer from account where id = ended.debit;
    update cap set used = used - (ended.amount - moves)
    where scope = payer.scope and unit = payer.unit and account in (0, payer.id)
        and window_no = window_of(ended.placed, window_ms);
    delete from hold where id = p_hold;
    return 0;
end $$;

-- So many accounts of one scope and unit, 1 to n, each with so much from the issuance, which is account 0.
create function fill(p_accounts bigint, p_each bigint) returns void language plpgsql as $$
begin
    truncate account, entry, command, hold, cap;
    insert into account (id, scope, unit, debits, unbounded) values (0, 1, 1, p_accounts * p_each, true);
    insert into account (id, scope, unit, credits) select n, 1, 1, p_each from generate_series(1, p_accounts) n;
    insert into entry (command, debit, credit, amount, at)
        select gen_random_uuid(), 0, n, p_each, 0 from generate_series(1, p_accounts) n;
end $$;

-- What is wrong with the books: no row in sound ones.
create view unsound as
    with sides as (
        select debit as id, sum(amount) as paid, 0 as got from entry group by debit
        union all select credit, 0, sum(amount) from entry group by credit
    ), posted as (select id, sum(paid) as paid, sum(got) as got from sides group by id), waiting as (
        select debit as id, amount as paid, 0 as got from hold union all select credit, 0, amount from hold
    ), held as (select id, sum(paid) as paid, sum(got) as got from waiting group by id)
    select a.id, 'counters are not what entries and holds add up to' as what
    from account a left join posted p using (id) left join held h using (id)
    where (a.debits, a.credits, a.debits_held, a.credits_held)
        <> (coalesce(p.paid, 0), coalesce(p.got, 0), coalesce(h.paid, 0), coalesce(h.got, 0))
    union all
    select null, 'the unit does not sum to zero' from account
    having sum(debits) <> sum(credits) or sum(debits_held) <> sum(credits_held);
