-- Until now all databases of a cluster shared two roles, so each installation could read the others. The names of roles
-- in these scripts stand for roles of this database alone: the migrator puts their names in. What the shared ones may in
-- a database of an earlier version, its own may from here on too. The shared ones keep it until no process of that
-- version runs any more; `doctor` says so. In a new database there is nothing to do here.
DO $$
DECLARE
  kind text;
  shared regrole;
  own text;
  item record;
BEGIN
  FOREACH kind IN ARRAY ARRAY['app', 'system'] LOOP
    shared := to_regrole('billingwatch_' || kind);
    own := CASE kind WHEN 'app' THEN 'billingwatch_app' ELSE 'billingwatch_system' END;
    CONTINUE WHEN shared IS NULL OR shared = to_regrole(own);
    FOR item IN
      SELECT c.oid::regclass AS relation, string_agg(a.privilege_type, ', ') AS privileges
      FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.relnamespace = current_schema()::regnamespace AND a.grantee = shared
      GROUP BY c.oid
    LOOP
      EXECUTE format('GRANT %s ON %s TO %I', item.privileges, item.relation, own);
    END LOOP;
    FOR item IN
      SELECT p.polname AS policy, p.polrelid::regclass AS relation,
        (SELECT string_agg(member::regrole::text, ', ') FROM unnest(p.polroles) AS member) AS members
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
      WHERE c.relnamespace = current_schema()::regnamespace AND shared = ANY (p.polroles)
    LOOP
      EXECUTE format('ALTER POLICY %I ON %s TO %s, %I', item.policy, item.relation, item.members, own);
    END LOOP;
  END LOOP;
END
$$;
