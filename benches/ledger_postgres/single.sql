\set from random(1, :accounts)
\if :hot
\set from 1
\endif
\set to 1 + (:from + random(0, :accounts - 2)) % :accounts
\set amount random(1, 100)
select transfer(gen_random_uuid(), :from, :to, :amount, (extract(epoch from now()) * 1000)::bigint);
