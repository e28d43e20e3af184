-- That the schema does what it says, before it is measured: calls in their order, what each answers, and why.
select fill(4, 100);
update account set balance_max = 150 where id = 4;
insert into cap (scope, unit, account, window_ms, max) values (1, 1, 3, 1000, 60);
create function pg_temp.k(n int) returns uuid language sql
    return lpad(n::text, 32, '0')::uuid;
do $$
declare
    step record;
    found text;
    balances bigint[];
begin
    for step in select * from (values
        (1, 'transfer(k(1), 1, 2, 30, 1)', '0', 'done'),
        (2, 'transfer(k(1), 1, 2, 30, 1)', '0', 'the same again is answered as before'),
        (3, 'transfer(k(1), 1, 2, 31, 1)', '1', 'another under its id'),
        (4, 'transfer(k(2), 1, 2, 71, 1)', '31', 'more than is left'),
        (5, 'transfer(k(2), 1, 2, 71, 1)', '31', 'what was refused stays refused'),
        (6, 'transfer(k(3), 3, 2, 60, 1)', '0', 'all that the cap allows'),
        (7, 'transfer(k(4), 3, 2, 1, 999)', '30', 'more, in the same window'),
        (8, 'transfer(k(5), 3, 2, 1, 1000)', '0', 'in the next window'),
        (9, 'transfer(k(6), 1, 1, 1, 1000)', '5', 'to itself'),
        (10, 'transfer(k(7), 1, 2, 0, 1000)', '4', 'nothing'),
        (11, 'transfer(k(8), 1, 9, 1, 1000)', '18', 'to nobody'),
        (12, 'place_hold(k(10), k(100), 1, 4, 40, 5000, 1000)', '0', 'held'),
        (13, 'transfer(k(11), 2, 4, 11, 1000)', '32', 'what is held leaves no room'),
        (14, 'transfer(k(12), 1, 2, 31, 1000)', '31', 'nor is it there to be spent'),
        (15, 'place_hold(k(13), k(101), 1, 2, 30, 3000, 1000)', '0', 'held, all that is left'),
        (16, 'place_hold(k(14), k(101), 2, 1, 1, 3000, 1000)', '21', 'that name is taken'),
        (17, 'end_hold(k(15), k(100), 41, false, 1000)', '24', 'more than is held'),
        (18, 'end_hold(k(16), k(101), null, true, 1000)', '23', 'expired before its time'),
        (19, 'end_hold(k(17), k(101), null, false, 3000)', '14', 'settled after it'),
        (20, 'end_hold(k(18), k(101), null, true, 3000)', '0', 'recorded as expired'),
        (21, 'end_hold(k(19), k(101), null, true, 3000)', '20', 'and gone'),
        (22, 'end_hold(k(20), k(100), 15, false, 3000)', '0', 'settled in part, the rest returns'),
        (23, 'place_hold(k(21), k(102), 1, 2, 55, 9000, 4000)', '0', 'so it is all there to be held'),
        (24, 'end_hold(k(22), k(102), 0, false, 4000)', '0', 'voided'),
        (25, 'place_hold(k(23), k(103), 3, 2, 39, 9000, 4000)', '0', 'held in a window of the cap'),
        (26, 'end_hold(k(24), k(103), 9, false, 4000)', '0', '9 count in that window'),
        (27, 'transfers(array[k(30), k(31)], ''{1,2}'', ''{2,1}'', ''{5,6}'', 4000)', '{0,0}', 'as sets'),
        (28, 'transfers(array[k(31), k(32), k(33)], ''{2,1,2}'', ''{1,2,1}'', ''{6,1000,7}'', 4000)', '{0,31,0}',
            'a repeat, too much, and one that is done'),
        (29, 'transfers(array[k(34), k(35)], ''{3,3}'', ''{2,1}'', ''{20,20}'', 4000)', '{0,31}', 'one of two'),
        (30, 'transfers(array[k(36), k(37)], ''{3,3}'', ''{2,1}'', ''{1,1}'', 4000)', '{0,0}', 'as sets, with a cap')
    ) as steps (n, call, answer, why) order by n loop
        execute 'select ' || replace(step.call, 'k(', 'pg_temp.k(') || '::text' into found;
        assert found = step.answer,
            format('step %s, %s (%s): answered %s where %s is right', step.n, step.call, step.why, found, step.answer);
    end loop;
    select array_agg(credits - debits order by id) into balances from account;
    assert balances = '{-400,64,213,8,115}', format('balances are %s', balances);
    assert (select used from cap) = 31, 'the cap counts what was spent in its window, and nothing that returned';
    assert not exists (select from unsound), 'the books are not sound';
end $$;
